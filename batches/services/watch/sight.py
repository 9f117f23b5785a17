"""Answers become rows: what is new, what changed since, and what was made elsewhere, in one transaction."""

import copy
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import DataError, transaction
from django.db.models import Max

from batches.api_client import syllable_client
from batches.converters import has_address
from batches.models import CampaignSighting, Change, PlatformEvent, PlatformEventKind, Sighting
from batches.services.holds.attempts import attempt_observed
from batches.services.watch.answer import BatchAnswer
from batches.services.watch.columns import campaign_id_of, columns_set, counts_set
from batches.services.watch.compare import difference, known, landed_late
from batches.services.watch.departure import Departure, LeaseLost
from batches.services.watch.forecast import forecast_set
from batches.services.watch.observed import WriterFaster, late_writes, may_lag, observed_add
from batches.services.watch.sample import sample_add
from common.lease import WorkLease
from syllable.schemas import Batch, BatchEdit, BatchStatus

logger = structlog.get_logger(__name__)


@dataclass(slots=True)
class Sighted:
    """What came of an answer: the campaigns whose totals changed, and the batches that were left out.

    `skipped` are those that one of us is writing, or wrote since the request left. `doubtful` are those in which a list
    differs soon after a change: only their own answer is believed, as writers believe it.
    """

    campaigns: set[int | None] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)


def batches_sight(
    answers: Iterable[BatchAnswer], *, departure: Departure, lease: WorkLease, also: Callable[[], object] = lambda: None
) -> Sighted:
    """Keep what was read of batches, and run `also` in the same transaction. Raises LeaseLost.

    A batch whose id or values the database cannot hold is left out.
    """
    readable = {answer.batch.batch_id: answer for answer in answers if has_address(answer.batch.batch_id)}
    try:
        return _sight(readable, departure, lease, also)
    except DataError:
        found = Sighted()
        for batch_id, answer in readable.items():
            try:
                one = _sight({batch_id: answer}, departure, lease, lambda: None)
            except DataError as error:
                logger.warning("batch_not_storable", error=type(error).__name__)
            else:
                found.campaigns |= one.campaigns
                found.skipped |= one.skipped
                found.doubtful |= one.doubtful
        with transaction.atomic():
            also()
        return found


@transaction.atomic
def _sight(
    answers: Mapping[str, BatchAnswer], departure: Departure, lease: WorkLease, also: Callable[[], object]
) -> Sighted:
    if not lease.keep():
        raise LeaseLost
    locked = Sighting.objects.select_for_update().filter(batch_id__in=answers).order_by("batch_id")
    rows = {row.batch_id: row for row in locked}
    ours = _changes_since(answers, rows)
    found, new, same = Sighted(), [], []
    for batch_id, answer in answers.items():
        changes, row = ours.get(batch_id, []), rows.get(batch_id)
        if not all(change in departure.ended for change in changes):
            found.skipped.add(batch_id)
        elif row is None:
            new.append(_first_seen(answer, changes, departure))
        elif _compare(row, answer, changes, departure, found):
            same.append(row.pk)
    Sighting.objects.bulk_create(new)
    found.campaigns |= {row.campaign_id for row in new}
    for row in new:
        if row.counted_at and row.status == BatchStatus.ACTIVE:
            sample_add(row, before=Sighting())
    Sighting.objects.filter(pk__in=same).update(seen_at=departure.at)
    also()
    return found


def _changes_since(batches: Collection[str], rows: Mapping[str, Sighting]) -> dict[str, list[Change]]:
    """Return our changes of each batch that its row does not know of, oldest first."""
    ours = Change.objects.ours().filter(batch_id__in=batches)
    newest = ours.order_by().values_list("batch_id").annotate(newest=Max("pk"))
    known_of = {batch_id: rows[batch_id].newest_change_id if batch_id in rows else 0 for batch_id in batches}
    more = [batch_id for batch_id, pk in newest if pk > known_of[batch_id]]
    found: dict[str, list[Change]] = {batch_id: [] for batch_id in more}
    wanted = ("batch_id", "outcome", "edit", "before", "seen")
    since = min((known_of[batch_id] for batch_id in more), default=0)
    for change in ours.filter(batch_id__in=more, pk__gt=since).only(*wanted).order_by("pk"):
        if change.pk > known_of[change.batch_id]:
            found[change.batch_id].append(change)
    return found


def _first_seen(answer: BatchAnswer, changes: list[Change], departure: Departure) -> Sighting:
    batch = answer.batch
    row = Sighting(batch_id=batch.batch_id, first_seen_at=departure.at)
    columns_set(row, batch, at=departure.at)
    row.newest_change_id = max((change.pk for change in changes), default=0)
    if counts := answer.counts:
        counts_set(row, batch, counts, at=departure.at)
    return row


def _compare(row: Sighting, answer: BatchAnswer, changes: list[Change], departure: Departure, found: Sighted) -> bool:
    """Bring one row up to date; return True where nothing but its moment changes."""
    batch, before = answer.batch, copy.copy(row)
    last_known = known(row.raw, changes)
    newest = max([row.newest_change_id, *(change.pk for change in changes)])
    was = Batch.read(last_known)
    differs = difference(was, batch)
    if differs.edit and not answer.is_alone and may_lag(batch, at=departure.at):
        found.doubtful.add(row.batch_id)
        return False
    if differs.edit and not _is_late_write(batch, differs.edit, was, departure):
        try:
            _observe(row, batch, differs.edit, last_known, departure, newest)
        except WriterFaster:
            found.skipped.add(row.batch_id)
            return False
    if differs.event:
        _happened(differs.event, row, batch, was, departure)
    is_changed = columns_set(row, batch, at=departure.at)
    is_counted = _count(row, answer, before, departure)
    if not (is_changed or is_counted or newest != row.newest_change_id):
        return True
    row.newest_change_id = newest
    row.save()
    found.campaigns |= {before.campaign_id, row.campaign_id}
    return False


def _is_late_write(batch: Batch, edit: BatchEdit, was: Batch, departure: Departure) -> bool:
    contracts, differs = syllable_client().contracts, difference(was, batch)
    contract = contracts.of(batch.spoken_contract, otherwise=contracts.of(was.spoken_contract))
    late = late_writes(batch.batch_id, at=departure.at)
    is_late = any(landed_late(change, differs, batch, contract) for change in late)
    if is_late:
        logger.info("late_write_landed", fields=sorted(edit.fields()))
    return is_late


def _observe(
    row: Sighting, batch: Batch, edit: BatchEdit, before: dict[str, Any], departure: Departure, newest: int
) -> None:
    names = CampaignSighting.objects.filter(campaign_id=campaign_id_of(batch)).values_list("name", flat=True)
    change = observed_add(batch, edit, before=before, at=departure.at, campaign_name=names.first() or "", newest=newest)
    attempt_observed(change, seen_at=row.seen_at)
    logger.info("change_observed", change=change.pk, fields=sorted(edit.fields()))


def _happened(kind: PlatformEventKind, row: Sighting, batch: Batch, was: Batch, departure: Departure) -> None:
    PlatformEvent.objects.create(
        batch_id=row.batch_id,
        campaign_id=campaign_id_of(batch),
        kind=kind,
        status_before=str(was.status)[:100],
        since=row.seen_at,
        seen_at=departure.at,
    )


def _count(row: Sighting, answer: BatchAnswer, before: Sighting, departure: Departure) -> bool:
    """Note the counts that came with a single batch, and a sample of them while it is active."""
    if answer.counts is not None:
        counts_set(row, answer.batch, answer.counts, at=departure.at)
        if BatchStatus.ACTIVE in (row.status, before.status):
            sample_add(row, before=before)
    if answer.counts is not None or row.status != before.status:
        forecast_set(row)
    return answer.counts is not None
