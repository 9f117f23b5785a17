"""What people do about an existing operation: abort, retry, confirm, take over."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from batches.models import Cause, ItemState, Operation, OperationQuerySet, State
from batches.services.changes.update import check_actor
from batches.services.operations.audit import operation_ended, operation_entry
from batches.services.operations.enqueue import operation_queue
from batches.services.operations.hold import check_held
from batches.services.operations.overlaps import end_operation, make_way, supersede, take_turns
from batches.services.operations.permissions import check_abort, check_operation
from trail.models import Action
from trail.source import BACKGROUND, Source

# The fields about its end that an operation resets when it continues.
GOES_ON: dict[str, Any] = {
    "state": State.WAITING,
    "confirmed_at": Now(),
    "queued_at": None,
    "finished_at": None,
    "cause": "",
    "detail": "",
    "unlisted": "",
    "stopped_by": None,
    "stopped_by_email": "",
}


def operation_stop(*, operation: Operation, actor: User, source: Source = BACKGROUND) -> bool:
    """End an operation where it is; what is done stays done.

    Returns False if it had ended already. Raises NotAllowed.
    """
    email = check_actor(actor)
    check_abort(actor, operation)
    with transaction.atomic():
        if not end_operation(operation, cause=Cause.ABORTED, stopped_by_email=email):
            return False
        operation_entry(Action.OPERATION_ABORTED, operation, actor=actor, source=source)
        operation_ended(operation.pk)
    return True


def operation_retry(*, operation: Operation, actor: User, reason: str = "", source: Source = BACKGROUND) -> bool:
    """Retry what failed, is not confirmed, or was not reached. Returns False where there is nothing to retry.

    The operation keeps its reason unless there is a new one; what Syllable stores of a cancellation stays as it is.
    The operation runs for `actor` from then on, and a stop again ends whatever starts its batches. Raises NotAllowed,
    and InTheWay if another operation works on the same batches.
    """
    behind = _person_behind(actor, operation)
    left = operation.items.filter(state__in=(ItemState.FAILED, ItemState.UNCONFIRMED, ItemState.WAITING))
    with transaction.atomic(durable=True):
        take_turns()
        make_way(operation, left.values("batch_id"))
        check_held(operation, left.values_list("batch_id", flat=True))
        is_complete = operation.state == State.FINISHED and not operation.unlisted and not left.exists()
        over = Operation.objects.filter(state__in=(State.FINISHED, State.STOPPED))
        if is_complete or not _hand_on(operation, Action.OPERATION_RETRIED, over, source, reason, **behind, **GOES_ON):
            return False
        left.update(state=ItemState.WAITING, attempts=0, detail="", finished_at=None)
        supersede(operation, actor, source)
        operation_queue(operation)
    return True


def operation_confirm(*, operation: Operation, actor: User, reason: str = "", source: Source = BACKGROUND) -> bool:
    """Confirm a delayed operation, which then runs for `actor`. Returns False if it does not ask.

    The operation keeps its reason unless there is a new one. Raises NotAllowed.
    """
    behind = _person_behind(actor, operation)
    check_held(operation, operation.items.values_list("batch_id", flat=True))
    asking = Operation.objects.filter(state=State.ASKING)
    with transaction.atomic():
        if not _hand_on(operation, Action.OPERATION_CONFIRMED, asking, source, reason, **behind, **GOES_ON):
            return False
        operation_queue(operation)
    return True


def operation_take_over(*, operation: Operation, actor: User, source: Source = BACKGROUND) -> bool:
    """Take over an operation that runs although its actor lost their authority. Returns False if it does not.

    Raises NotAllowed.
    """
    behind = _person_behind(actor, operation)
    unattended = Operation.objects.open().exclude(unattended_since=None)
    with transaction.atomic():
        return _hand_on(operation, Action.OPERATION_TAKEN_OVER, unattended, source, **behind)


def _person_behind(actor: User, operation: Operation) -> dict[str, Any]:
    """Return the fields about the person an operation runs for, with `actor` as that person. Raises NotAllowed."""
    return {
        "actor": actor,
        "actor_email": check_actor(actor),
        "needs_stop_everything": check_operation(actor, operation),
        "unattended_since": None,
    }


def _hand_on(
    operation: Operation,
    action: Action,
    those: OperationQuerySet,
    source: Source,
    reason: str = "",
    *,
    actor: User,
    **fields: Any,
) -> bool:
    """Make `actor` the person an operation runs for, if it is one of `those`; with a new `reason` if there is one.

    The entry keeps the previous person, and how the operation had ended. Needs a transaction.
    """
    before = those.select_for_update().filter(pk=operation.pk).first()
    if before is None:
        return False
    Operation.objects.filter(pk=operation.pk).update(actor=actor, reason=reason or before.reason, **fields)
    ended = {"cause": before.cause, "stopped_by": before.stopped_by_email, "stopped_by_operation": before.stopped_by_id}
    about = {"asked_for_by": before.actor_email, **ended}
    operation_entry(action, operation, actor=actor, source=source, reason=reason, **about)
    return True
