"""What an operation would do, read before it starts. Nothing here makes a page fail or wait for long."""

from collections import Counter
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Exists, OuterRef

from batches.access import Scope
from batches.models import STOPPING, Change, ChangeQuerySet, ItemState, Kind, Operation, Outcome, Target, TargetScope
from batches.selectors.campaign_names import cached_campaign_names, campaign_label
from batches.selectors.campaign_zone import CampaignHours, campaign_hours
from batches.selectors.operations import CAMPAIGN_OF_ITEM
from batches.selectors.parallel_reads import EXTRAS_SECONDS, result, submit
from batches.selectors.recipients import MOST_READ, Starts, paused_batches, read_each, starts_of
from batches.selectors.scoped_reader import reader
from syllable.errors import NotFound, SyllableError
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import Batch, BatchQuery, BatchStatus, Campaign

# A person who stops something must not wait for numbers.
STOP_SECONDS = 1.5
MOST_READ_ALONE = 20
ANY = ""
GONE = "no longer known to Syllable"
OTHER = "in a status that this dashboard does not know"


@dataclass(frozen=True, slots=True)
class Preview:
    """What is known of the batches that an operation is about.

    `touched` is how many it is going to write, None where they cannot be counted: `error` says why. `skipped` counts
    the others by status, `unknown` the selected ones that could not be read. `mode` is how their one campaign reaches
    people, "" where that is unknown or there are several. `hours` are those of their one campaign; a stop reads none.
    `seen_at` is as of when the watcher saw the oldest of them, None where they were read now.
    """

    touched: int | None
    error: SyllableError | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0
    campaign_name: str = ""
    is_whole_campaign: bool = False
    mode: str = ""
    hours: CampaignHours = field(default_factory=CampaignHours)
    starts: Starts | None = None
    seen_at: datetime | None = None

    @property
    def word(self) -> str:
        """What to type where a click is not enough: the campaign's name, else the number of batches.

        A name with invisible characters cannot be typed.
        """
        if self.is_whole_campaign and self.campaign_name.isprintable():
            return self.campaign_name
        return "cancel" if self.touched is None else str(self.touched)


def operation_preview(
    kind: Kind,
    target: Target,
    *,
    scope: Scope,
    statuses: Collection[BatchStatus],
    listed: BatchQuery | None = None,
    pauses: ChangeQuerySet | None = None,
) -> Preview:
    """Preview an operation over the batches in `target` with one of these `statuses`. Raises no SyllableError.

    `listed` is the page on which a selection was made. `pauses` are what a resume would undo; then only their batches
    are touched.
    """
    deadline = Deadline(STOP_SECONDS if kind in STOPPING else EXTRAS_SECONDS)
    campaign = _submit_campaign(target.campaign_id, deadline, scope) if target.scope == TargetScope.CAMPAIGN else None
    if target.scope == TargetScope.SELECTION:
        preview = _of_selection(target.batch_ids, listed, statuses, deadline, scope, is_resume=kind == Kind.RESUME)
    else:
        preview = _of_query(target.query, statuses, deadline, scope)
        if kind == Kind.RESUME:
            meant = None if pauses is None else set(scope.limit(pauses).values_list("batch_id", flat=True))
            preview = _resuming(preview, target.query, meant, deadline, scope)
    if target.scope != TargetScope.CAMPAIGN:
        named = replace(preview, campaign_name=_known_name(target.campaign_id, scope))
        return of_one_campaign(named, deadline, scope=scope)
    preview = _with_campaign(replace(preview, is_whole_campaign=True), target.campaign_id, campaign, deadline, scope)
    return preview if kind in STOPPING else _with_hours(preview, deadline, scope)


def undo_preview(operation: Operation, *, scope: Scope) -> Preview:
    """Preview the undo of a pause. Raises no SyllableError."""
    pauses: ChangeQuerySet = scope.limit(operation.changes.filter(outcome=Outcome.APPLIED))
    return _resume_preview(operation, set(pauses.newest_of_their_batch().values_list("batch_id", flat=True)), scope)


def rest_preview(operation: Operation, *, scope: Scope) -> Preview:
    """Preview what is left of a resume that asks, or is retried. Raises no SyllableError."""
    since = Change.objects.may_have_written().exclude(operation=operation)
    changed_since = since.filter(batch_id=OuterRef("batch_id"), pk__gt=OuterRef("undoes_id"))
    tried = (ItemState.WAITING,) if operation.is_open else (ItemState.WAITING, ItemState.FAILED, ItemState.UNCONFIRMED)
    left = scope.limit(operation.items.all(), by=CAMPAIGN_OF_ITEM).filter(~Exists(changed_since), state__in=tried)
    batch_ids = set(left.values_list("batch_id", flat=True))
    is_complete = operation.listed_at is not None and not operation.unlisted
    return _resume_preview(operation, batch_ids, scope, is_complete=is_complete)


def _resume_preview(operation: Operation, batch_ids: set[str], scope: Scope, *, is_complete: bool = True) -> Preview:
    """Preview the resume of these batches; `is_complete` says whether these are all."""
    deadline = Deadline(EXTRAS_SECONDS)
    campaign = _submit_campaign(operation.campaign_id, deadline, scope) if operation.campaign_id is not None else None
    if len(batch_ids) > MOST_READ:
        preview = _resuming(Preview(touched=None), operation.target.query, batch_ids, deadline, scope)
    else:
        preview = _of_known(batch_ids, deadline, scope)
    if starts := preview.starts:
        people = replace(starts.people, is_complete=starts.people.is_complete and is_complete)
        # Other paused batches do not concern this operation.
        preview = replace(preview, starts=replace(starts, people=people, not_resumed=0))
    if not is_complete and not preview.touched:
        preview = replace(preview, touched=None)
    if campaign is None:
        return preview
    return _with_hours(_with_campaign(preview, operation.campaign_id, campaign, deadline, scope), deadline, scope)


def _of_known(batch_ids: set[str], deadline: Deadline, scope: Scope) -> Preview:
    """Read each of these few batches, which is exact."""
    read = read_each(sorted(batch_ids), deadline, scope=scope)
    paused = [batch for batch in read.found.values() if batch.status == BatchStatus.PAUSED]
    starts = starts_of(paused, deadline, scope=scope, is_complete=not read.unread)
    return Preview(len(paused) + read.unread, read.error, starts=starts)


def campaign_name_for(kind: Kind, target: Target, *, scope: Scope) -> str:
    """Return the campaign's name for an operation that starts without a preview; "" where there is none."""
    if target.scope != TargetScope.CAMPAIGN:
        return _known_name(target.campaign_id, scope)
    deadline = Deadline(STOP_SECONDS if kind in STOPPING else EXTRAS_SECONDS)
    reading = _submit_campaign(target.campaign_id, deadline, scope)
    return _with_campaign(Preview(touched=None), target.campaign_id, reading, deadline, scope).campaign_name


def _submit_campaign(campaign_id: int | str | None, deadline: Deadline, scope: Scope) -> "Future[Campaign] | None":
    return submit(reader(scope, Lane.PARALLEL).get_campaign, campaign_id or 0, deadline=deadline)


def _with_campaign(
    preview: Preview,
    campaign_id: int | str | None,
    reading: "Future[Campaign] | None",
    deadline: Deadline,
    scope: Scope,
) -> Preview:
    try:
        campaign = result(reading, deadline)
    except SyllableError:
        return replace(preview, campaign_name=_known_name(campaign_id, scope))
    name = campaign_label(campaign_id, campaign.campaign_name)
    hours = CampaignHours(campaign)
    return replace(preview, campaign_name=name, mode=(campaign.mode or "").lower(), hours=hours)


def _with_hours(preview: Preview, deadline: Deadline, scope: Scope) -> Preview:
    """Add the zone of the campaign, which may take two calls more."""
    return replace(preview, hours=campaign_hours(preview.hours.campaign, scope=scope, deadline=deadline))


def of_one_campaign(preview: Preview, deadline: Deadline, *, scope: Scope) -> Preview:
    """Add how and when people are reached, if all resumed batches belong to one campaign."""
    if preview.starts is None or not preview.starts.people.is_complete or len(preview.starts.campaign_ids) != 1:
        return preview
    (campaign_id,) = preview.starts.campaign_ids
    if campaign_id is None:
        return preview
    read = _with_campaign(preview, campaign_id, _submit_campaign(campaign_id, deadline, scope), deadline, scope)
    return _with_hours(replace(read, campaign_name=preview.campaign_name), deadline, scope)


def _known_name(campaign_id: int | str | None, scope: Scope) -> str:
    """Return the campaign's name as far as known without a call; "" for no campaign."""
    return campaign_label(campaign_id, (cached_campaign_names(scope=scope) or {}).get(str(campaign_id)))


def _of_query(query: BatchQuery, statuses: Collection[BatchStatus], deadline: Deadline, scope: Scope) -> Preview:
    """Count by status, in parallel: one call per status, and one for all of them.

    One more goes first where the contract, and so its statuses, are not known yet.
    """
    client = reader(scope, Lane.PARALLEL)
    client.learn_contract(deadline)
    asked = [query.status] if query.status else [*client.contract.abilities.statuses, ANY]
    counting = {
        status: submit(client.list_batches, replace(query, status=str(status), limit=1), deadline=deadline)
        for status in asked
    }
    counts: dict[str, int] = {}
    error: SyllableError | None = None
    for status, future in counting.items():
        try:
            total = result(future, deadline).total_count
        except SyllableError as caught:
            error = error or caught
        else:
            counts |= {status: total} if total is not None else {}
    wanted = [status for status in asked if status in statuses]
    touched = sum(counts[status] for status in wanted) if counts.keys() >= set(wanted) else None
    skipped = {str(status): count for status, count in counts.items() if status and status not in statuses and count}
    if not query.status and len(counts) == len(asked):
        skipped |= _positive({OTHER: counts.pop(ANY) - sum(counts.values())})
    return Preview(touched, error, skipped)


def _of_selection(
    batch_ids: Collection[str],
    listed: BatchQuery | None,
    statuses: Collection[BatchStatus],
    deadline: Deadline,
    scope: Scope,
    *,
    is_resume: bool,
) -> Preview:
    """Preview the selected batches: most are on the page where they were selected, some of the others are read."""
    client = reader(scope, Lane.PARALLEL)
    batches: dict[str, Batch] = {}
    error: SyllableError | None = None
    if listed:
        try:
            page = result(submit(client.list_batches, listed, deadline=deadline), deadline)
            batches = {batch.batch_id: batch for batch in page.items}
        except SyllableError as caught:
            error = caught
    elsewhere = [batch_id for batch_id in batch_ids if batch_id not in batches][:MOST_READ_ALONE]
    reading = {batch_id: submit(client.get_batch, batch_id, deadline=deadline) for batch_id in elsewhere}
    gone = 0
    for batch_id, future in reading.items():
        try:
            batches[batch_id] = result(future, deadline)
        except NotFound:
            gone += 1
        except SyllableError as caught:
            error = error or caught
    chosen = [batches[batch_id] for batch_id in batch_ids if batch_id in batches]
    touched = [batch for batch in chosen if batch.status in statuses]
    unknown = len(batch_ids) - len(chosen) - gone
    skipped = Counter(str(batch.status) or OTHER for batch in chosen if batch.status not in statuses)
    return Preview(
        None if unknown else len(touched),
        error,
        skipped | _positive({GONE: gone}),
        unknown,
        starts=starts_of(touched, deadline, scope=scope, is_complete=not unknown) if is_resume else None,
    )


def _resuming(preview: Preview, query: BatchQuery, meant: set[str] | None, deadline: Deadline, scope: Scope) -> Preview:
    """Add what the resume starts; of the paused batches only `meant` are resumed, None for all."""
    try:
        paused, is_complete = paused_batches(query, deadline, scope=scope)
    except SyllableError as error:
        touched = preview.touched if meant is None else len(meant)
        return replace(preview, touched=touched, error=preview.error or error)
    if meant is None:
        return replace(preview, starts=starts_of(paused, deadline, scope=scope, is_complete=is_complete))
    resumed = [batch for batch in paused if batch.batch_id in meant]
    not_resumed = len(paused) - len(resumed)
    starts = starts_of(resumed, deadline, scope=scope, is_complete=is_complete, not_resumed=not_resumed)
    return replace(preview, touched=len(resumed) if is_complete else len(meant), starts=starts)


def _positive(counts: Mapping[str, int]) -> Counter[str]:
    return Counter({name: count for name, count in counts.items() if count > 0})
