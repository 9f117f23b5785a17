"""Operations as people ask for them: started, stopped, retried, confirmed, undone. `carrying.py` carries them out."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from batches.models import (
    Cause,
    ItemState,
    Kind,
    Operation,
    OperationItem,
    OperationQuerySet,
    Outcome,
    Scope,
    State,
    Target,
)
from batches.services.changes.start import NotAllowed, check_actor, undo_edit
from batches.services.operations.authority import STOP_EVERYTHING, check_abort, check_operation, check_target
from batches.services.operations.entries import operation_entry
from batches.services.operations.targets import may_be_calling, paused_by_operations
from syllable.schemas import BatchEdit, BatchStatus
from trail.models import Action
from trail.source import BACKGROUND, Source

UNDONE_BY = {Kind.PAUSE: Kind.RESUME, Kind.RESUME: Kind.PAUSE, Kind.EXPIRY: Kind.EXPIRY}
# What an operation forgets of its end when it goes on.
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
# A task that was lost together with its queue is queued again after this time; a second one for it does no harm.
QUEUED_AGAIN_AFTER = timedelta(seconds=60)


class InTheWay(Exception):
    """Another operation on the same batches is not over. `operation` is that one."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(f"Operation {operation.pk} is not over yet.")
        self.operation = operation


def operation_start(
    *, kind: Kind, target: Target, edit: BatchEdit, actor: User, source: Source = BACKGROUND
) -> Operation:
    """Record the decision; the caller hands it to a worker's queue, and a sweep does where that fails.

    A PAUSE or CANCEL ends what puts the same batches into the calling. Raises NotAllowed, and InTheWay where another
    operation is at work on the same batches; an emergency stop is in nobody's way but another's.
    """
    email = check_actor(actor)
    operation = Operation(
        kind=kind,
        scope=target.scope,
        campaign_id=target.campaign_id,
        campaign_name=target.campaign_name,
        filter={"status": target.status, "campaign": str(target.campaign_id or ""), "q": target.q}
        if target.scope == Scope.FILTER
        else {},
        wish=edit.fields(),
        actor=actor,
        actor_email=email,
        needs_stop_everything=check_target(actor, kind=kind, target=target, edit=edit),
    )
    with transaction.atomic(durable=True):
        _take_turns()
        _make_way(operation, target.batch_ids)
        operation.save(force_insert=True)
        about = {"filter": operation.filter, "wish": operation.wish}
        operation_entry(Action.OPERATION_STARTED, operation, actor=actor, source=source, **about)
        _supersede(operation, actor, source)
        if target.scope == Scope.SELECTION:
            _add(operation, dict.fromkeys(target.batch_ids))
        elif kind == Kind.RESUME and target.scope == Scope.CAMPAIGN:
            pauses = paused_by_operations(operation.campaign_id or 0)
            _add(operation, {pause.batch_id: pause.pk for pause in pauses.only("pk", "batch_id")})
    return operation


def operation_undo(*, operation: Operation, actor: User, source: Source = BACKGROUND) -> Operation:
    """Take back what an operation did, as an operation of its own. Raises NotAllowed and InTheWay."""
    email = check_actor(actor)
    if operation.is_open or operation.kind not in UNDONE_BY:
        raise NotAllowed("This operation cannot be undone." if not operation.is_open else "Stop the operation first.")
    undoing = _taking_back(
        operation, actor, email, needs_stop_everything=check_operation(actor, operation, edit=undoing_edit(operation))
    )
    done = operation.changes.filter(outcome=Outcome.APPLIED).order_by("pk")
    changes = {change.batch_id: change for change in done if undo_edit(change)}
    with transaction.atomic(durable=True):
        _take_turns()
        _make_way(undoing, operation.items.values("batch_id"))
        undoing.save(force_insert=True)
        operation_entry(Action.OPERATION_UNDONE, operation, actor=actor, source=source, by=undoing.pk)
        operation_entry(Action.OPERATION_STARTED, undoing, actor=actor, source=source, undoes=operation.pk)
        _supersede(undoing, actor, source)
        _add(undoing, {batch_id: change.pk for batch_id, change in changes.items()})
    return undoing


def operation_stop(*, operation: Operation, actor: User, source: Source = BACKGROUND) -> bool:
    """End an operation where it is: what is done stays done. False where it was over already. Raises NotAllowed."""
    email = check_actor(actor)
    check_abort(actor, operation)
    with transaction.atomic():
        if not _end(operation, cause=Cause.ABORTED, stopped_by_email=email):
            return False
        operation_entry(Action.OPERATION_ABORTED, operation, actor=actor, source=source)
    return True


def operation_stop_calling(*, operation: Operation, actor: User, source: Source = BACKGROUND) -> Operation:
    """End a resume, if it is not over, and pause whatever it may have put into the calling, as one act.

    Returns the pause, or the one that is at work on these batches already; nothing is in its way. Raises NotAllowed.
    """
    email = check_actor(actor)
    if operation.kind != Kind.RESUME:
        raise NotAllowed("Only what a resume has put into the calling can be stopped like this.")
    check_abort(actor, operation)
    may_stop_everything = operation.needs_stop_everything and actor.has_perm(STOP_EVERYTHING)
    pause = _taking_back(operation, actor, email, needs_stop_everything=may_stop_everything)
    with transaction.atomic(durable=True):
        _take_turns()
        written = may_be_calling(operation)
        at_work = Operation.objects.open().stopping().filter(undoes=operation).order_by("-pk").first()
        if at_work and written.keys() <= set(at_work.items.values_list("batch_id", flat=True)):
            if _end(operation, cause=Cause.SUPERSEDED, stopped_by=at_work):
                _calls_stopped(operation, at_work, len(written), actor, source)
            return at_work
        pause.save(force_insert=True)
        _end(operation, cause=Cause.SUPERSEDED, stopped_by=pause)
        _add(pause, written)
        _calls_stopped(operation, pause, len(written), actor, source)
        operation_entry(Action.OPERATION_STARTED, pause, actor=actor, source=source, undoes=operation.pk)
    return pause


def _calls_stopped(resume: Operation, pause: Operation, batches: int, actor: User, source: Source) -> None:
    stopped = {"by": pause.pk, "batches": batches}
    operation_entry(Action.OPERATION_CALLS_STOPPED, resume, actor=actor, source=source, **stopped)


def operation_retry(*, operation: Operation, actor: User, source: Source = BACKGROUND) -> bool:
    """Have another try at what failed, is not confirmed, or was not reached. False where there is nothing to try.

    It is carried out for `actor` from then on, and a stop ends again what puts its batches into the calling. Raises
    NotAllowed, and InTheWay where another operation is at work on the same batches.
    """
    behind = _person_behind(actor, operation)
    left = operation.items.filter(state__in=(ItemState.FAILED, ItemState.UNCONFIRMED, ItemState.WAITING))
    with transaction.atomic(durable=True):
        _take_turns()
        _make_way(operation, left.values("batch_id"))
        is_complete = operation.state == State.FINISHED and not operation.unlisted and not left.exists()
        over = Operation.objects.filter(state__in=(State.FINISHED, State.STOPPED))
        if is_complete or not _hand_on(operation, Action.OPERATION_RETRIED, over, source, **behind, **GOES_ON):
            return False
        left.update(state=ItemState.WAITING, attempts=0, detail="", finished_at=None)
        _supersede(operation, actor, source)
    return True


def operation_confirm(*, operation: Operation, actor: User, source: Source = BACKGROUND) -> bool:
    """Say again that a delayed operation is wanted: for `actor` from then on. False where it does not ask.

    Raises NotAllowed.
    """
    behind = _person_behind(actor, operation)
    asking = Operation.objects.filter(state=State.ASKING)
    with transaction.atomic():
        return _hand_on(operation, Action.OPERATION_CONFIRMED, asking, source, **behind, **GOES_ON)


def operation_take_over(*, operation: Operation, actor: User, source: Source = BACKGROUND) -> bool:
    """Answer for an operation that goes on although its actor may not do this any more. False where none has to.

    Raises NotAllowed.
    """
    behind = _person_behind(actor, operation)
    unattended = Operation.objects.open().exclude(unattended_since=None)
    with transaction.atomic():
        return _hand_on(operation, Action.OPERATION_TAKEN_OVER, unattended, source, **behind)


def operations_to_queue() -> list[Operation]:
    """What waits for a worker and is in no queue: never queued, lost with its queue, or left by a worker that died.

    Each is returned once, and then counts as queued: the caller hands it to its queue.
    """
    lost = Q(state=State.WAITING) & (Q(queued_at=None) | Q(queued_at__lt=Now() - QUEUED_AGAIN_AFTER))
    abandoned = Q(state=State.RUNNING, lease_until__lt=Now())
    # What was only just made is being queued by whoever made it.
    old_enough = Q(created_at__lt=Now() - timedelta(seconds=settings.OPERATION_LEASE / 2))
    in_no_queue = Operation.objects.filter((lost & old_enough) | abandoned)
    # Whoever marks it queues it: another sweep finds it marked. An abandoned one waits from now on.
    marked = {"state": State.WAITING, "detail": "", "token": "", "lease_until": None, "queued_at": Now()}
    return [operation for operation in in_no_queue if in_no_queue.filter(pk=operation.pk).update(**marked) == 1]


def operation_queued(operation_id: int) -> None:
    """Take note that an operation was handed to a queue just now."""
    Operation.objects.filter(pk=operation_id).update(queued_at=Now())


def _take_turns() -> None:
    """Two operations that start at the same moment must see each other: one row is held until the first is saved.

    SQLite has one writer at a time anyhow.
    """
    ContentType.objects.select_for_update().get(app_label="batches", model="operation")


def _make_way(operation: Operation, batch_ids: Sequence[str] | QuerySet[Any, Any]) -> None:
    """Raise InTheWay for the newest operation that this one must not overtake."""
    others = Operation.objects.open().exclude(pk=operation.pk)
    if operation.is_stopping:
        others = others.stopping()
    if operation.scope == Scope.ALL:
        others = others.filter(scope=Scope.ALL)
    elif operation.is_stopping:
        # What is being stopped as a whole can still be stopped in parts, and the other way round.
        others = others.filter(scope=operation.scope, campaign_id=operation.campaign_id, filter=operation.filter)
        if operation.scope == Scope.SELECTION:
            others = others.filter(items__batch_id__in=batch_ids)
    else:
        others = others.filter(_overlaps(operation, batch_ids))
    if other := others.order_by("-pk").first():
        raise InTheWay(other)


def _overlaps(operation: Operation, batch_ids: Sequence[str] | QuerySet[Any, Any]) -> Q:
    """What may be about the same batches: where that cannot be told without asking the API, it may."""
    overlap = Q(scope=Scope.ALL) | Q(items__batch_id__in=batch_ids)
    if operation.campaign_id is None and operation.scope == Scope.FILTER:
        return Q()
    if operation.campaign_id is not None:
        overlap |= Q(campaign_id=operation.campaign_id) | Q(scope=Scope.FILTER, campaign_id=None)
    return overlap


def _supersede(operation: Operation, actor: User, source: Source) -> None:
    """End what puts batches into the calling that this operation takes out of it. What it shares only some batches
    with goes on with the others: the guard of each write sees to that."""
    if not operation.is_stopping:
        return
    covered: OperationQuerySet = (
        Operation.objects.open().exclude(pk=operation.pk).exclude(kind__in=(Kind.PAUSE, Kind.CANCEL))
    )
    if operation.scope == Scope.CAMPAIGN:
        covered = covered.filter(campaign_id=operation.campaign_id)
    elif operation.scope != Scope.ALL:
        return
    for other in covered:
        if _end(other, cause=Cause.SUPERSEDED, stopped_by=operation):
            operation_entry(Action.OPERATION_SUPERSEDED, other, actor=actor, source=source, by=operation.pk)


def _end(operation: Operation, **why: Any) -> bool:
    """End an operation where it is. False where it was over already."""
    ended = {"state": State.STOPPED, "detail": "", "finished_at": Now(), "token": "", "lease_until": None}
    return Operation.objects.open().filter(pk=operation.pk).update(**ended, **why) == 1


def _add(operation: Operation, changes: Mapping[str, int | None]) -> None:
    """Make the items of an operation whose batches are known; each with the change that it takes back, if any."""
    OperationItem.objects.bulk_create(
        [OperationItem(operation=operation, batch_id=batch_id, undoes_id=pk) for batch_id, pk in changes.items()],
        batch_size=500,
    )
    Operation.objects.filter(pk=operation.pk).update(found_at=Now())


def _person_behind(actor: User, operation: Operation) -> dict[str, Any]:
    """What an operation holds of the person it is carried out for, once that is `actor`. Raises NotAllowed."""
    return {
        "actor": actor,
        "actor_email": check_actor(actor),
        "needs_stop_everything": check_operation(actor, operation),
        "unattended_since": None,
    }


def _hand_on(
    operation: Operation, action: Action, those: OperationQuerySet, source: Source, *, actor: User, **fields: Any
) -> bool:
    """Have an operation carried out for `actor` from now on, if it is one of `those`.

    The entry keeps who that was before, and how the operation had ended. Within a transaction.
    """
    before = those.select_for_update().filter(pk=operation.pk).first()
    if before is None:
        return False
    Operation.objects.filter(pk=operation.pk).update(actor=actor, **fields)
    ended = {"cause": before.cause, "stopped_by": before.stopped_by_email, "stopped_by_operation": before.stopped_by_id}
    operation_entry(action, operation, actor=actor, source=source, asked_for_by=before.actor_email, **ended)
    return True


def _taking_back(operation: Operation, actor: User, email: str, *, needs_stop_everything: bool) -> Operation:
    """The operation, not saved yet, that takes back what `operation` did."""
    return Operation(
        kind=UNDONE_BY[Kind(operation.kind)],
        scope=Scope.SELECTION,
        campaign_id=operation.campaign_id,
        campaign_name=operation.campaign_name,
        wish=undoing_edit(operation).fields(),
        undoes=operation,
        actor=actor,
        actor_email=email,
        needs_stop_everything=needs_stop_everything,
    )


def undoing_edit(operation: Operation) -> BatchEdit:
    """What taking back an operation wants of its batches: a status; nothing where each batch gets back its own."""
    statuses = {Kind.PAUSE: BatchStatus.ACTIVE, Kind.RESUME: BatchStatus.PAUSED}
    return BatchEdit(status=statuses.get(Kind(operation.kind)))
