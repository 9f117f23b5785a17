"""What the pages of one batch read."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils import timezone

from batches.access import Scope
from batches.api_client import syllable_client
from batches.estimate import Estimate, Sampled, estimate
from batches.estimate import Sample as EstimateSample
from batches.models import TAKEN, Change, Outcome, PlatformEvent, Sighting
from batches.selectors.campaign_names import cached_campaign_names, campaign_name
from batches.selectors.campaign_seen import campaign_seen
from batches.selectors.campaign_zone import ZONE_SECONDS, CampaignHours, campaign_hours
from batches.selectors.changes import HISTORY_LENGTH, batch_history
from batches.selectors.scoped_reader import reader
from batches.selectors.sightings import CurvePoint, curve_of, events_of, newest_samples, sighting_of
from syllable.errors import Inexpressible, SyllableError
from syllable.resilience.deadline import Deadline
from syllable.schemas import OVER, Abilities, Batch, BatchStatus, RequestCounts, request_counts


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A batch as Syllable returns it now, or the error instead; the history is ours and always there.

    `events` are what Syllable lately did to it by itself, as far as the watcher saw that.
    `hours` are those of its campaign, not known for a batch that has ended. `sighting` and `curve` are what the watcher
    saw of it, None and empty where it saw nothing. `estimate` is what lies ahead, None for a batch that does not run.
    `unwritable` is set if the contract of the answer is not the one that is set, or not known: then the page is
    read-only.
    """

    scope: Scope
    batch: Batch | None
    error: SyllableError | None
    campaign_name: str
    hours: CampaignHours = field(default_factory=CampaignHours)
    history: list[Change] = field(default_factory=list)
    events: list[PlatformEvent] = field(default_factory=list)
    unwritable: Inexpressible | None = None
    sighting: Sighting | None = None
    curve: list[CurvePoint] = field(default_factory=list)
    estimate: Estimate | None = None
    read_at: datetime = field(default_factory=timezone.now)

    @property
    def counts(self) -> RequestCounts | None:
        """How far the requests are by Syllable's answer, None where the batch came without counts."""
        return request_counts(self.batch) if self.batch else None

    @property
    def told(self) -> RequestCounts | None:
        """The same with what the watcher knows of requests about which that answer says nothing."""
        return _told(self.counts, self.sighting) if self.counts else None

    @property
    def last_applied(self) -> Change | None:
        """Our newest change that Syllable confirmed."""
        return next((change for change in self.history if change.outcome == Outcome.APPLIED), None)

    @property
    def paused_from(self) -> BatchStatus | None:
        """As `ChangeQuerySet.paused_from`, with a query only where the history is too short."""
        if newest := next((change for change in self.history if change.outcome in TAKEN), None):
            return newest.paused_from
        if self.batch is None or len(self.history) < HISTORY_LENGTH:
            return None
        return paused_from(self.batch.batch_id, scope=self.scope)


def batch_page(batch_id: str, *, scope: Scope) -> BatchPage:
    """Return the page of a batch. Costs one GET, the campaigns unless cached, and what `campaign_hours` costs."""
    history = list(batch_history(batch_id, scope=scope))
    try:
        batch = batch_now(batch_id, scope=scope)
    except SyllableError as error:
        return BatchPage(scope, None, error, "", history=history)
    name = campaign_name(batch.campaign_id, scope=scope)
    sighting = sighting_of(batch_id, scope=scope)
    curve = curve_of(batch_id, scope=scope) if sighting else []
    hours = _hours(batch, scope=scope)
    ahead = _estimate(batch, sighting, hours, scope=scope) if sighting else None
    events = events_of(batch_id, scope=scope) if sighting else []
    return BatchPage(scope, batch, None, name, hours, history, events, _unwritable(batch), sighting, curve, ahead)


def batch_now(batch_id: str, *, scope: Scope) -> Batch:
    """Return the batch from Syllable as it is now. Raises SyllableError."""
    return reader(scope).get_batch(batch_id)


def _hours(batch: Batch, *, scope: Scope) -> CampaignHours:
    """Return the hours of the batch's campaign; nothing is read for a batch that has ended, or after a failure."""
    if batch.status in OVER or cached_campaign_names(scope=scope) is None:
        return CampaignHours()
    deadline = Deadline(ZONE_SECONDS)
    campaign = campaign_seen(batch.campaign_id, scope=scope, deadline=deadline)
    return campaign_hours(campaign, scope=scope, deadline=deadline)


def _told(counts: RequestCounts, seen: Sighting | None) -> RequestCounts:
    """Return the counts with requests as ended that the watcher saw end, and of the untold ones no others."""
    if seen is None or seen.ended is None or seen.failed is None:
        return counts
    ended = min(max(seen.ended - counts.ended, 0), counts.untold)
    failed = min(max(seen.failed - counts.failed, 0), ended)
    return replace(counts, untold=counts.untold - ended, ended=counts.ended + ended, failed=counts.failed + failed)


def _estimate(batch: Batch, sighting: Sighting, hours: CampaignHours, *, scope: Scope) -> Estimate | None:
    """Return what lies ahead of a batch by its newest samples and its counts as read now. Takes a query, or none."""
    counts = request_counts(batch)
    if counts is None or batch.status not in (BatchStatus.ACTIVE, BatchStatus.IDLE):
        return None
    counts, now = _told(counts, sighting), timezone.now()
    # Samples count what nobody can tell as under way.
    read = EstimateSample(now, counts.pending, counts.under_way + counts.untold, counts.ended, counts.failed)
    expires_at = batch.expires_on.at if batch.expires_on else None
    samples: list[Sampled] = [*newest_samples(batch.batch_id, scope=scope), read]
    return estimate(samples, now=now, hours=hours.hours, expires_at=expires_at)


def _unwritable(batch: Batch) -> Inexpressible | None:
    try:
        syllable_client().contracts.to_write(batch)
    except Inexpressible as error:
        return error
    return None


def abilities(spoken: str = "") -> Abilities:
    """Return what the contract `spoken` can express: the one that a batch shows, "" for whatever is about no batch.

    Where that is "", the contract that is set or was shown last decides; while none is known, what all contracts have
    in common. A contract that is set decides always. Costs no call.
    """
    return syllable_client().contracts.of(spoken).abilities


def paused_from(batch_id: str, *, scope: Scope) -> BatchStatus | None:
    """Return `ChangeQuerySet.paused_from` within the scope."""
    return scope.limit(Change.objects.all()).paused_from(batch_id)
