"""Operations as people ask for them: started, stopped, retried, confirmed, undone. `carrying.py` carries them out."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from batches.models import (
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
from batches.services.changes import NotAllowed, check_actor, undo_edit
from batches.services.finding import may_be_calling, paused_by_operations
from batches.syllable.schemas import BatchEdit, BatchStatus
from dashboard.models import User
from trail.models import Action
from trail.services import entry_add
from trail.source import Source

UNDONE_BY = {Kind.PAUSE: Kind.RESUME, Kind.RESUME: Kind.PAUSE, Kind.EXPIRY: Kind.EXPIRY}
# A task that was lost together with its queue is queued again after this time; a second one for it does no harm.
QUEUED_AGAIN_AFTER = timedelta(seconds=60)


class InTheWay(Exception):
    """Another operation on the same batches is not over. `operation` is that one."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(f"Operation {operation.pk} is not over yet.")
        self.operation = operation


def operation_start(*, kind: Kind, target: Target, edit: BatchEdit, actor: User) -> Operation:
    """Record the decision; the caller hands it to a worker's queue, and a sweep does where that fails.

    A PAUSE or CANCEL ends what puts the same batches into the calling. Raises NotAllowed, and InTheWay where another
    operation is at work on the same batches; an emergency stop is in nobody's way but another's.
    """
    email = check_actor(actor)
    if target.scope == Scope.ALL:
        check_stop_everything(actor, kind)
    elif target.is_everything:
        check_everything(actor)
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
    )
    with transaction.atomic(durable=True):
        _take_turns()
        _make_way(operation, target.batch_ids)
        operation.save(force_insert=True)
        _supersede(operation)
        if target.scope == Scope.SELECTION:
            _add(operation, dict.fromkeys(target.batch_ids))
        elif kind == Kind.RESUME and target.scope == Scope.CAMPAIGN:
            pauses = paused_by_operations(operation.campaign_id or 0)
            _add(operation, {pause.batch_id: pause.pk for pause in pauses.only("pk", "batch_id")})
    return operation


def operation_undo(*, operation: Operation, actor: User) -> Operation:
    """Take back what an operation did, as an operation of its own. Raises NotAllowed and InTheWay."""
    email = check_actor(actor)
    if operation.is_open or operation.kind not in UNDONE_BY:
        raise NotAllowed("This operation cannot be undone." if not operation.is_open else "Stop the operation first.")
    undoing = _taking_back(operation, actor, email)
    done = operation.changes.filter(outcome=Outcome.APPLIED).order_by("pk")
    changes = {change.batch_id: change for change in done if undo_edit(change)}
    with transaction.atomic(durable=True):
        _take_turns()
        _make_way(undoing, operation.items.values("batch_id"))
        undoing.save(force_insert=True)
        _supersede(undoing)
        _add(undoing, {batch_id: change.pk for batch_id, change in changes.items()})
    return undoing


def operation_stop(*, operation: Operation, actor: User) -> bool:
    """End an operation where it is: what is done stays done. False where it was over already. Raises NotAllowed."""
    email = check_actor(actor)
    ended = Operation.objects.open().filter(pk=operation.pk)
    return ended.update(state=State.STOPPED, stopped_by_email=email, finished_at=Now(), token="", lease_until=None) == 1


def operation_stop_calling(*, operation: Operation, actor: User, source: Source) -> Operation:
    """End a resume, if it is not over, and pause whatever it may have put into the calling, as one act.

    Returns the pause, or the one that is at work on these batches already; nothing is in its way. Raises NotAllowed.
    """
    email = check_actor(actor)
    if operation.kind != Kind.RESUME:
        raise NotAllowed("Only what a resume has put into the calling can be stopped like this.")
    pause = _taking_back(operation, actor, email)
    about: dict[str, Any] = {"campaign_id": operation.campaign_id, "campaign_name": operation.campaign_name}
    with transaction.atomic(durable=True):
        _take_turns()
        written = may_be_calling(operation)
        at_work = Operation.objects.open().stopping().filter(undoes=operation).order_by("-pk").first()
        if at_work and written.keys() <= set(at_work.items.values_list("batch_id", flat=True)):
            return at_work
        pause.save(force_insert=True)
        resume = Operation.objects.open().filter(pk=operation.pk)
        resume.update(state=State.STOPPED, stopped_by=pause, finished_at=Now(), token="", lease_until=None)
        _add(pause, written)
        stopped = {"paused_by": pause.pk, "batches": len(written)}
        calls_stopped, started = Action.OPERATION_CALLS_STOPPED, Action.OPERATION_STARTED
        entry_add(calls_stopped, actor=actor, source=source, operation_id=operation.pk, body=stopped, **about)
        entry_add(started, actor=actor, source=source, operation_id=pause.pk, **about)
    return pause


def operation_retry(*, operation: Operation, actor: User) -> bool:
    """Have another try at what failed, is not confirmed, or was not reached. False where there is nothing to try.

    Raises NotAllowed, and InTheWay where another operation is at work on the same batches.
    """
    check_actor(actor)
    left = operation.items.filter(state__in=(ItemState.FAILED, ItemState.UNCONFIRMED, ItemState.WAITING))
    with transaction.atomic(durable=True):
        _take_turns()
        _make_way(operation, left.values("batch_id"))
        is_complete = operation.state == State.FINISHED and not operation.unlisted and not left.exists()
        if is_complete or not _go_on(operation, was=(State.FINISHED, State.STOPPED)):
            return False
        left.update(state=ItemState.WAITING, attempts=0, detail="", finished_at=None)
        return True


def operation_confirm(*, operation: Operation, actor: User) -> bool:
    """Say again that a delayed operation is wanted. False where it does not ask. Raises NotAllowed."""
    check_actor(actor)
    return _go_on(operation, was=(State.ASKING,))


def operations_to_queue() -> list[Operation]:
    """What waits for a worker and is in no queue: never queued, lost with its queue, or left by a worker that died.

    Each is returned once, and then counts as queued: the caller hands it to its queue.
    """
    now = timezone.now()
    lost = Q(state=State.WAITING) & (Q(queued_at=None) | Q(queued_at__lt=now - QUEUED_AGAIN_AFTER))
    abandoned = Q(state=State.RUNNING, lease_until__lt=Now())
    # What was only just made is being queued by whoever made it.
    old_enough = Q(created_at__lt=now - timedelta(seconds=settings.OPERATION_LEASE / 2))
    found = Operation.objects.filter((lost & old_enough) | abandoned)
    return [operation for operation in found if _mark_queued(operation)]


def operation_queued(operation_id: int) -> None:
    """Take note that an operation was handed to a queue just now."""
    Operation.objects.filter(pk=operation_id).update(queued_at=timezone.now())


def check_everything(actor: User) -> None:
    """Raise NotAllowed where `actor` may not act on every batch there is at once."""
    if not actor.has_perm("batches.stop_everything"):
        raise NotAllowed("Your role does not allow you to act on every batch at once: choose a status or a campaign.")


def check_stop_everything(actor: User, kind: Kind) -> None:
    """Raise NotAllowed where `actor` may not stop everything that is active, or wants anything else of everything."""
    if not actor.has_perm("batches.stop_everything"):
        raise NotAllowed("Your role does not allow you to stop everything. Ask an administrator.")
    if kind != Kind.PAUSE:
        raise NotAllowed("Everything can be paused at once, and nothing else.")


def _mark_queued(operation: Operation) -> bool:
    """Whoever marks it queues it: another sweep finds it marked. An abandoned one waits from now on."""
    unchanged = Operation.objects.filter(
        pk=operation.pk, state=operation.state, queued_at=operation.queued_at, token=operation.token
    )
    marked = {"state": State.WAITING, "token": "", "lease_until": None, "queued_at": timezone.now()}
    return unchanged.update(**marked) == 1


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


def _supersede(operation: Operation) -> None:
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
    covered.update(state=State.STOPPED, stopped_by=operation, finished_at=Now(), token="", lease_until=None)


def _add(operation: Operation, changes: Mapping[str, int | None]) -> None:
    """Make the items of an operation whose batches are known; each with the change that it takes back, if any."""
    OperationItem.objects.bulk_create(
        [OperationItem(operation=operation, batch_id=batch_id, undoes_id=pk) for batch_id, pk in changes.items()],
        batch_size=500,
    )
    Operation.objects.filter(pk=operation.pk).update(found_at=timezone.now())


def _go_on(operation: Operation, *, was: Sequence[State]) -> bool:
    waiting = {"state": State.WAITING, "confirmed_at": timezone.now(), "queued_at": None, "finished_at": None}
    cleared = {"detail": "", "unlisted": "", "stopped_by": None, "stopped_by_email": ""}
    return Operation.objects.filter(pk=operation.pk, state__in=was).update(**waiting, **cleared) == 1


def _taking_back(operation: Operation, actor: User, email: str) -> Operation:
    """The operation, not saved yet, that takes back what `operation` did."""
    return Operation(
        kind=UNDONE_BY[Kind(operation.kind)],
        scope=Scope.SELECTION,
        campaign_id=operation.campaign_id,
        campaign_name=operation.campaign_name,
        wish=_undoing_wish(operation),
        undoes=operation,
        actor=actor,
        actor_email=email,
    )


def _undoing_wish(operation: Operation) -> dict[str, str]:
    """What an undone operation is said to want: a status, or, where each batch gets back its own, nothing."""
    statuses = {Kind.PAUSE: BatchStatus.ACTIVE, Kind.RESUME: BatchStatus.PAUSED}
    status = statuses.get(Kind(operation.kind))
    return BatchEdit(status=status).fields()
