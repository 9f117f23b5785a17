"""A change that was made elsewhere, as a row and an entry."""

from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from batches.models import Change, Origin, Outcome
from batches.models.fields import storable
from batches.services.changes.audit import change_ended
from batches.services.watch.columns import campaign_id_of, kept
from syllable.schemas import Batch, BatchEdit

# Much longer than a request can be under way, and than a list can lag behind.
LATEST = timedelta(hours=1)
LONGEST_LAG = timedelta(minutes=10)


class WriterFaster(Exception):
    """One of our own writers has begun a change of the batch meanwhile. Nothing was recorded."""


def observed_add(
    batch: Batch, edit: BatchEdit, *, before: dict[str, Any], at: datetime, campaign_name: str, newest: int
) -> Change:
    """Record, within the caller's transaction, that somebody edited a batch elsewhere. Raises WriterFaster.

    `before` is the batch as we last knew it, `at` when the request left that shows the edit, `newest` our newest change
    that the edit came after. The row begins as a started change, which is the lock of its batch: so it is newer than
    any change of ours that has begun, and none begins before the transaction ends.
    """
    change = Change(
        batch_id=batch.batch_id,
        campaign_id=campaign_id_of(batch),
        campaign_name=campaign_name,
        origin=Origin.ELSEWHERE,
        last_updated_by=storable(batch.last_updated_by),
        edit=edit,
        reason=storable(edit.deleted_reason or ""),
        before=before,
        seen=kept(batch),
        seen_at=at,
        started_at=at,
        deadline_at=at,
    )
    try:
        with transaction.atomic():
            change.save(force_insert=True)
            if Change.objects.ours().filter(batch_id=batch.batch_id, pk__gt=newest).exclude(pk=change.pk).exists():
                raise WriterFaster
            change.outcome, change.settled_at = Outcome.OBSERVED, at
            change.save(update_fields=["outcome", "settled_at"])
            change_ended(change)
    except IntegrityError as error:
        raise WriterFaster from error
    return change


def late_writes(batch_id: str, *, at: datetime) -> list[Change]:
    """Return our changes of a batch that may have landed late, as a send of theirs had no definite answer."""
    in_doubt = Change.objects.of_batch(batch_id).ours().filter(in_doubt_until__gt=at - LATEST)
    return list(in_doubt[:20])


def may_lag(batch: Batch, *, at: datetime) -> bool:
    """Return whether a list may show the batch as it was before a change, made here or elsewhere, that just wrote it.

    It does not where the batch was surely updated later than that change left it.
    """
    written = Change.objects.of_batch(batch.batch_id).may_have_written()
    newest = written.filter(settled_at__gt=at - LONGEST_LAG).only("seen").first()
    if newest is None:
        return False
    left = newest.batch_seen.last_updated_at if newest.batch_seen else None
    now = batch.last_updated_at
    return not (left and now and left.at and now.at and now.at > left.at)
