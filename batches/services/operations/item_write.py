"""One batch of an operation: written by the one road, with the result recorded on its item."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import BigIntegerField, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now

from batches import outcome_messages, rules
from batches.api_client import syllable_client
from batches.models import Change, ItemState, Kind, Operation, OperationItem, Origin, Outcome, TargetScope
from batches.services.changes.guard import Reason, Refusal
from batches.services.changes.reconcile import change_settle
from batches.services.changes.undo import change_undo
from batches.services.changes.update import batch_update
from batches.services.changes.write import Result
from batches.services.holds.attempts import attempt_overwritten
from batches.services.holds.refuse import is_held
from batches.services.operations.lease import Lease
from batches.services.operations.outage import check_answers
from batches.services.operations.permissions import authorized
from batches.services.operations.targets import is_newest
from common.counters import ITEMS
from syllable.errors import KeyRefused, SyllableUnavailable
from syllable.resilience.bulkhead import Lane
from syllable.schemas import Batch, BatchEdit, BatchStatus

MOST_ATTEMPTS = 3
# A stop gives each batch one short try before any gets a second, so that hanging batches do not delay the others. As a
# share of SYLLABLE_TIMEOUT; but at least these seconds, which a busy machine may need, and at least so many times the
# usual time to answer, since an API that is slow for all batches does not hang.
SHORT_TRY = 1 / 5
LEAST_SHORT_TRY_SECONDS = 1.0
SHORT_TRY_IN_ANSWERS = 4
LEASE_LOST = Refusal(Reason.LEASE_LOST, outcome_messages.OPERATION_LOST)
HOLD_LIFTED = Refusal(Reason.LIFTED, outcome_messages.HOLD_LIFTED)
CHANGED_SINCE = Refusal(Reason.CHANGED_SINCE, outcome_messages.CHANGED_SINCE_PAUSE)


class LeaseLost(Exception):
    """The operation has ended, or another worker has it: nothing more may be written here."""


def item_write(item: OperationItem, *, lease: Lease) -> None:
    """Try an item once. If another try may help, the item stays WAITING with this try counted.

    A failure of the API counts only if the API answers others. Raises ApiSilent if it does not, LeaseLost if this
    worker may not write any more.
    """
    if item.change and not item.reopened and _ended_by(change_settle(item.change), item):
        return
    # Read anew: somebody may have taken the operation over since.
    operation = lease.operation()
    if operation is None:
        raise LeaseLost
    result = _write(item, operation, lease)
    if not _ended(result, item):
        if result.is_overtaken and lease.operation() is None:
            raise LeaseLost
        check_answers(result.error)
        item_failed(item)


def item_settle(change: Change, *, operation: Operation) -> bool:
    """Learn the outcome of a change that a dead worker started; return False if it is not known yet.

    If the change was not applied its item stays WAITING: the batch is read again before it is written again.
    """
    change = change_settle(change, is_abandoned=True)
    if change.outcome == Outcome.STARTED:
        return False
    item = operation.items.filter(batch_id=change.batch_id, state=ItemState.WAITING).first()
    if item and not _ended_by(change, item):
        _remember(item, change)
    return True


def items_recall(operation: Operation) -> None:
    """Record earlier tries on the items: a worker may die after a change has ended and before its item has.

    An item whose change was applied then ends without another look at its batch.
    """
    ended = operation.changes.filter(batch_id=OuterRef("batch_id")).exclude(outcome=Outcome.STARTED)
    newest = [
        Subquery(changes.order_by("-pk").values("pk")[:1], output_field=BigIntegerField())
        for changes in (ended.may_have_written(), ended)
    ]
    operation.items.filter(state=ItemState.WAITING).update(change=Coalesce(*newest))


def item_failed(item: OperationItem, why: str = "") -> None:
    """Count a failed try against the item; the last one ends it, with `why` or the words of its change."""
    item.refresh_from_db()
    item.attempts += 1
    if item.attempts < MOST_ATTEMPTS:
        OperationItem.objects.filter(pk=item.pk, state=ItemState.WAITING).update(attempts=item.attempts)
        return
    change = item.change
    state = ItemState.UNCONFIRMED if change and change.outcome == Outcome.UNCONFIRMED else ItemState.FAILED
    _end(item, state, why or (change.detail or outcome_messages.NO_EFFECT if change else ""), change)


def _write(item: OperationItem, operation: Operation, lease: Lease) -> Result:
    actor, guard = operation.actor, Guard(lease, item)
    if item.undoes and operation.kind == Kind.EXPIRY:
        return change_undo(change=item.undoes, actor=actor, origin=operation.origin, operation=operation, guard=guard)
    is_resume = operation.kind == Kind.RESUME
    return batch_update(
        batch_id=item.batch_id,
        edit=_resuming(item) if is_resume else operation.edit,
        actor=actor,
        origin=operation.origin,
        loaded={"status": BatchStatus.PAUSED.value} if is_resume else None,
        undoes=item.undoes,
        operation=operation,
        guard=guard,
        brief=short_try_seconds() if operation.is_stopping and not item.attempts else None,
    )


def _resuming(item: OperationItem) -> BatchEdit:
    pause = item.undoes
    paused_from = pause.paused_from if pause else Change.objects.paused_from(item.batch_id)
    return BatchEdit(status=rules.resumed_status(paused_from))


def _ended(result: Result, item: OperationItem) -> bool:
    """End the item as the result says; return False where another try may help."""
    change = result.change
    if _ended_by(change, item):
        return True
    if change.outcome == Outcome.UNCHANGED and item.change:
        # What the batch shows is most likely the work of the try before.
        before = change_settle(item.change)
        if _ended_by(before, item) or not before.is_settled:
            return before.is_settled
    if (
        change.outcome == Outcome.UNCONFIRMED
        or result.is_locked
        or result.is_overtaken
        or isinstance(result.error, (SyllableUnavailable, KeyRefused))
    ):
        _remember(item, change)
        return False
    if result.error or change.outcome == Outcome.REJECTED:
        _end(item, ItemState.FAILED, change.detail, change)
        return True
    if result.refused_for is Reason.LEASE_LOST:
        raise LeaseLost
    _end(item, ItemState.SKIPPED, change.detail, change)
    return True


def _ended_by(change: Change, item: OperationItem) -> bool:
    if change.outcome != Outcome.APPLIED:
        return False
    if change.origin == Origin.HOLD:
        attempt_overwritten(change)
    _end(item, ItemState.DONE, change.detail, change)
    return True


def short_try_seconds() -> float:
    """Return the seconds for each call of a short try: all of SYLLABLE_TIMEOUT if answers take that long."""
    usual = syllable_client(Lane.OPERATIONS).latency.usual
    whole: float = settings.SYLLABLE_TIMEOUT
    return min(whole, max(whole * SHORT_TRY, LEAST_SHORT_TRY_SECONDS, usual * SHORT_TRY_IN_ANSWERS))


@dataclass(frozen=True, slots=True)
class Guard:
    """The check right before a batch is written: whether the operation may still write it."""

    lease: Lease
    item: OperationItem

    def __call__(self, batch: Batch) -> Refusal | None:
        """Return why the batch must not be written, None where it may."""
        operation = authorized(self.lease)
        if operation is None:
            return LEASE_LOST
        if operation.hold_id and not is_held(batch):
            return HOLD_LIFTED
        if operation.is_stopping:
            return None
        if stop := stop_over(batch, since=operation):
            return Refusal(Reason.STOPPED, outcome_messages.stopped_by(stop.pk))
        if self.item.undoes and not is_newest(self.item.undoes, apart_from=operation):
            return CHANGED_SINCE
        return None


def stop_over(batch: Batch, *, since: Operation) -> Operation | None:
    """Return an operation that stops `batch`, whether or not it has reached it yet, and that is later than `since`.

    A retry after `since` counts as later too.
    """
    covers = Q(scope=TargetScope.ALL) | Q(items__batch_id=batch.batch_id)
    if isinstance(batch.campaign_id, int):
        covers |= Q(scope=TargetScope.CAMPAIGN, campaign_id=batch.campaign_id)
    later = Q(pk__gt=since.pk) | Q(confirmed_at__gt=since.confirmed_at)
    return Operation.objects.stopping().filter(covers, later).order_by("pk").first()


def _remember(item: OperationItem, change: Change) -> None:
    """Keep the change on the item unless somebody else has ended it since."""
    waiting = OperationItem.objects.filter(pk=item.pk, state=ItemState.WAITING)
    waiting.update(change=_telling(item, change))


def _end(item: OperationItem, state: ItemState, detail: str, change: Change | None) -> None:
    """End the item, unless another worker did: that result is just as true."""
    waiting = OperationItem.objects.filter(pk=item.pk, state=ItemState.WAITING)
    if waiting.update(state=state, detail=detail, change=_telling(item, change), finished_at=Now()):
        ITEMS.labels(state.value).inc()


def _telling(item: OperationItem, change: Change | None) -> Change | None:
    """Return the change for an item to keep: a change in doubt is not replaced by a later one that was not taken."""
    before = item.change
    is_in_doubt = before is not None and before.outcome == Outcome.UNCONFIRMED and not before.is_settled
    was_taken = change is not None and change.outcome in (Outcome.APPLIED, Outcome.UNCONFIRMED)
    return before if is_in_doubt and not was_taken else change
