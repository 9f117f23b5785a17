"""Finding out later what became of a change: one that a crash left started, or that was not confirmed."""

import structlog
from django.db import models, transaction
from django.utils import timezone

from batches.connection import syllable_client
from batches.models import Change, ItemState, Outcome
from batches.syllable.errors import Inexpressible, NotFound, RateLimited, Refused, SyllableError
from batches.syllable.gate import Lane
from batches.syllable.schemas import Batch

LARGEST_CAMPAIGN_ID = models.BigIntegerField.MAX_BIGINT
logger = structlog.get_logger(__name__)


def change_settle(change: Change, *, is_abandoned: bool = False) -> Change:
    """Find out what became of `change` by reading its batch, and record it; returns the change as it is now.

    A started change before its deadline belongs to a living writer and is left alone, unless it `is_abandoned`, which
    says that whoever began it must not write any more: then only a call that may be under way is waited for. One whose
    write was never begun was not sent. Else the batch is the judge: it shows the change (APPLIED), or not (UNCONFIRMED:
    it may never have been taken, or been overwritten since). Where Syllable does not answer the change stays unsettled.
    """
    over = change.deadline_at <= timezone.now()
    unsent = change.before is None
    if change.is_settled or (change.outcome == Outcome.STARTED and not over and not (is_abandoned and unsent)):
        return change
    if unsent:
        return _record(change, Outcome.NOT_SENT, "The dashboard was stopped before anything was sent.", settled=True)
    try:
        batch = _read_after(change)
    except NotFound as error:
        return _record(change, Outcome.UNCONFIRMED, words(error), settled=over)
    except SyllableError as error:
        return _record(change, Outcome.UNCONFIRMED, words(error), settled=False)
    saw(change, batch)
    if syllable_client().contract.shows(batch, change.edit):
        return _record(change, Outcome.APPLIED, "", settled=True)
    return _record(change, Outcome.UNCONFIRMED, "Read again later: the batch does not show the change.", settled=over)


def changes_settle() -> list[Change]:
    """Settle every unsettled change whose writer is past its deadline, oldest first; returns them as they are now."""
    left_open = Change.objects.unsettled().filter(deadline_at__lte=timezone.now()).order_by("pk")
    return [change_settle(change) for change in left_open]


def saw(change: Change, batch: Batch) -> None:
    """Note on `change` (unsaved) what was just read of its batch."""
    change.seen, change.seen_at = batch.raw, timezone.now()
    if isinstance(batch.campaign_id, int) and abs(batch.campaign_id) <= LARGEST_CAMPAIGN_ID:
        change.campaign_id = batch.campaign_id


def words(error: SyllableError) -> str:
    """The error as sentences for the operator, with Syllable's own words where it refused."""
    if isinstance(error, RateLimited) and error.retry_after:
        return f"{error.user_message} It asks to wait {round(error.retry_after)} seconds."
    if isinstance(error, Inexpressible):
        return f"{error.user_message} {error.detail}"
    if isinstance(error, Refused) and error.detail:
        return f"{error.user_message} Syllable said: {error.detail}"
    return error.user_message


def _read_after(change: Change) -> Batch:
    """The batch after `change`: as the next change of it found it, if there is one, else as it is now.

    The next change's own write may have hidden what this one did, so what it read before writing is the better witness.
    """
    later = (
        Change.objects.filter(batch_id=change.batch_id, pk__gt=change.pk, before__isnull=False).order_by("pk").first()
    )
    if later is not None and later.batch_before is not None:
        return later.batch_before
    return syllable_client(Lane.OPERATIONS if change.operation_id else Lane.WRITES).get_batch(change.batch_id)


def _record(change: Change, outcome: Outcome, detail: str, *, settled: bool) -> Change:
    """Record the finding unless another settler was quicker; an item that the change was for is done where it was."""
    change.outcome, change.detail = outcome, detail
    change.settled_at = timezone.now() if settled else None
    fields = ("outcome", "detail", "settled_at", "seen", "seen_at", "campaign_id")
    still_open = Change.objects.unsettled().filter(pk=change.pk)
    with transaction.atomic():
        is_mine = still_open.update(**{name: getattr(change, name) for name in fields}) == 1
        if is_mine and outcome == Outcome.APPLIED:
            items = change.items.exclude(state=ItemState.DONE)
            items.update(state=ItemState.DONE, detail="", finished_at=change.settled_at)
    if is_mine:
        logger.info("change_settled", change=change.pk, outcome=str(outcome), settled=settled)
    else:
        change.refresh_from_db()
    return change
