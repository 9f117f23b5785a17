"""Learning the outcome of a change later: after a crash left it started, or without a confirmation."""

import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import models, transaction
from django.db.models.functions import Now

from batches import outcome_messages
from batches.api_client import syllable_client
from batches.campaign_cache import campaign_name_known
from batches.models import Change, ItemState, Outcome
from batches.services.changes.audit import change_ended, change_settled
from batches.services.changes.steps import look_note
from common.clock import from_now
from syllable.contracts import Contract
from syllable.errors import KeyRefused, Refused, SyllableError
from syllable.exchanges import Exchange
from syllable.resilience.bulkhead import Lane
from syllable.schemas import KEEP, Batch

# The pauses between looks that do not see the change: a write may land late, and Syllable may be wrong for a moment.
# After the last look the change stays unconfirmed.
BETWEEN_LOOKS = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4))
LARGEST_CAMPAIGN_ID = models.BigIntegerField.MAX_BIGINT
logger = structlog.get_logger(__name__)


def change_settle(change: Change, *, is_abandoned: bool = False) -> Change:
    """Learn the outcome of `change` by reading its batch, and record it; return the change as it is now.

    A started change before its deadline belongs to a living writer and is skipped. With `is_abandoned`, its writer must
    not write any more, so only a call that may be under way is waited for. A change whose write never began was not
    sent. Otherwise the batch is the judge: it shows the change (APPLIED) or not (UNCONFIRMED: the change may never have
    been taken, or been overwritten since).

    A change that does not show is looked for again, and the last of several looks settles it as UNCONFIRMED. A look
    before the next one is due does not count, whoever makes it. If Syllable says nothing about the batch the change
    stays unsettled.
    """
    if change.is_settled:
        return change
    unsent = change.before is None
    if change.outcome == Outcome.STARTED and not (is_abandoned and unsent) and not change.is_over():
        return change
    if unsent:
        return _record(change, Outcome.NOT_SENT, outcome_messages.DASHBOARD_STOPPED, settled_at=Now())
    following = _following(change)
    recorded = following.batch_before if following else None
    try:
        batch = recorded or _read(change)
    except SyllableError as error:
        if isinstance(error, Refused) and not isinstance(error, KeyRefused):
            return _not_found(change, error.sentence)
        return _record(change, Outcome.UNCONFIRMED, error.sentence)
    saw(change, batch, at=following.started_at if following else Now())
    if _contract(change, batch).shows(batch, change.edit):
        return _record(change, Outcome.APPLIED, expiry_moved(change), settled_at=Now())
    # `seen` says it, and words make a sentence of it in the reader's zone. The record will say the same next time.
    return _not_found(change, "", is_last=following is not None)


def changes_settle() -> list[Change]:
    """Settle every change that is due for a look, oldest first; return the changes as they are now."""
    return [change_settle(change) for change in Change.objects.unsettled().due().order_by("pk")]


def saw(change: Change, batch: Batch, *, at: datetime | Now) -> None:
    """Note on `change` (unsaved) what was just read of its batch."""
    change.seen, change.seen_at = batch.raw, at
    if isinstance(batch.campaign_id, int) and abs(batch.campaign_id) <= LARGEST_CAMPAIGN_ID:
        change.campaign_id = batch.campaign_id
        change.campaign_name = change.campaign_name or campaign_name_known(batch.campaign_id)


def expiry_moved(change: Change) -> str:
    """Return a sentence if the expiry moved although the change does not edit it; else ""."""
    before, seen = change.batch_before, change.batch_seen
    if change.edit.expires_on is not KEEP or before is None or seen is None:
        return ""
    if not all("expires_on" in batch.raw for batch in (before, seen)):
        return ""
    was, now = before.expires_on, seen.expires_on
    if was is now or (was is not None and was.same_moment(now)):
        return ""
    # In the API's format: what is recorded has no reader yet, and so no time zone.
    return outcome_messages.expiry_moved(was, now)


def _following(change: Change) -> Change | None:
    """Return the next change that read the batch before it wrote; None if there is none.

    The write of that change may have hidden what this one did, so what it read is the better witness.
    """
    since = Change.objects.filter(batch_id=change.batch_id, pk__gt=change.pk, before__isnull=False)
    return since.order_by("pk").first()


def _contract(change: Change, batch: Batch) -> Contract:
    """Return the contract that `batch` speaks; where it shows none, the one that the batch spoke before the write."""
    contracts = syllable_client().contracts
    before = change.batch_before
    return contracts.of(batch.spoken_contract, otherwise=contracts.of(before.spoken_contract) if before else None)


def _read(change: Change) -> Batch:
    client = syllable_client(Lane.OPERATIONS if change.operation_id else Lane.WRITES)
    now, began = Change.objects.values_list(Now(), flat=True).get(pk=change.pk), time.monotonic()

    def called(exchange: Exchange) -> None:
        look_note(change, exchange, at=now + timedelta(seconds=exchange.began - began))

    return client.watched(called).get_batch(change.batch_id)


def _not_found(change: Change, detail: str, *, is_last: bool = False) -> Change:
    """Record a look that did not see the change. If one was due it counts, and the last one settles the change."""
    looks = change.looks
    _record(change, Outcome.UNCONFIRMED, detail)
    if is_last or looks == len(BETWEEN_LOOKS):
        follows: dict[str, Any] = {"settled_at": Now()}
    else:
        follows = {"next_look_at": from_now(BETWEEN_LOOKS[looks])}
    # Of two looks at the same time one counts.
    due = Change.objects.unsettled().due().filter(pk=change.pk, looks=looks)
    with transaction.atomic():
        is_mine = due.update(looks=looks + 1, **follows) == 1
        if is_mine:
            change.refresh_from_db()
            if change.is_settled:
                change_settled(change)
    if is_mine:
        logger.info("change_not_found", change=change.pk, look=looks + 1, settled="settled_at" in follows)
    return change


def _record(change: Change, outcome: Outcome, detail: str, **fields: Any) -> Change:
    """Record the outcome unless another settler was faster; the change's item is done if it was applied.

    This is the end of a change whose writer died, and settles one that ended unconfirmed; each has its entry in the
    trail. A look that leaves an unconfirmed change open has none.
    """
    fields |= {name: getattr(change, name) for name in ("seen", "seen_at", "campaign_id", "campaign_name", "steps")}
    fields |= {"outcome": outcome, "detail": detail}
    still_open = Change.objects.unsettled().filter(pk=change.pk)
    if outcome == Outcome.NOT_SENT:
        # A slow writer may have begun to send since the change was read here.
        still_open = still_open.filter(before__isnull=True)
    with transaction.atomic():
        has_ended = still_open.filter(outcome=Outcome.STARTED).update(**fields) == 1
        is_mine = has_ended or still_open.exclude(outcome=Outcome.STARTED).update(**fields) == 1
        if is_mine and outcome == Outcome.APPLIED:
            change.items.exclude(state=ItemState.DONE).update(state=ItemState.DONE, detail=detail, finished_at=Now())
        change.refresh_from_db()
        if has_ended:
            change_ended(change)
        elif is_mine and change.is_settled:
            change_settled(change)
    if is_mine:
        logger.info("change_settled", change=change.pk, outcome=str(outcome), settled="settled_at" in fields)
    return change
