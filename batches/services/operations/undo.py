"""Undoing what an operation did, once it has ended or while it still runs."""

from functools import partial

from django.db import transaction

from accounts.models import User
from batches import refusal_messages
from batches.access import may_stop_everything
from batches.models import Cause, Kind, Operation, Outcome, Target, TargetScope
from batches.services.changes.undo import undo_edit
from batches.services.changes.update import NotAllowed, check_actor, check_reason
from batches.services.operations.audit import operation_ended, operation_entry
from batches.services.operations.enqueue import operation_queue
from batches.services.operations.hold import check_held
from batches.services.operations.overlaps import end_operation, make_way, supersede, take_turns
from batches.services.operations.permissions import check_abort, check_operation
from batches.services.operations.start import items_create
from batches.services.operations.targets import may_be_calling
from syllable.schemas import BatchEdit, BatchStatus
from trail.models import Action
from trail.source import BACKGROUND, Source

UNDONE_BY = {Kind.PAUSE: Kind.RESUME, Kind.RESUME: Kind.PAUSE, Kind.EXPIRY: Kind.EXPIRY}


def operation_undo(*, operation: Operation, actor: User, reason: str = "", source: Source = BACKGROUND) -> Operation:
    """Undo what an operation did, as an operation of its own. Raises NotAllowed, ReasonMissing and InTheWay."""
    email = check_actor(actor)
    if operation.is_open or operation.kind not in UNDONE_BY:
        raise NotAllowed(refusal_messages.STILL_OPEN if operation.is_open else refusal_messages.CANNOT_UNDO_OPERATION)
    needs_stop_everything = check_operation(actor, operation, edit=undoing_edit(operation))
    undoing = _taking_back(operation, actor, email, needs_stop_everything=needs_stop_everything)
    undoing.reason = reason
    check_reason((undoing.kind,), reason, is_undo=True)
    done = operation.changes.filter(outcome=Outcome.APPLIED).order_by("pk")
    changes = {change.batch_id: change for change in done if undo_edit(change)}
    with transaction.atomic(durable=True):
        take_turns()
        make_way(undoing, operation.items.values("batch_id"))
        check_held(undoing, list(changes))
        undoing.save(force_insert=True)
        entry = partial(operation_entry, actor=actor, source=source, reason=reason)
        entry(Action.OPERATION_UNDONE, operation, by=undoing.pk)
        entry(Action.OPERATION_STARTED, undoing, undoes=operation.pk)
        supersede(undoing, actor, source)
        items_create(undoing, {batch_id: change.pk for batch_id, change in changes.items()})
        operation_queue(undoing)
    return undoing


def operation_stop_calling(
    *, operation: Operation, actor: User, reason: str = "", source: Source = BACKGROUND
) -> Operation:
    """End a resume, if it still runs, and pause whatever it may have started, as one act.

    Returns the pause, or the one that already works on these batches; nothing is in its way. Raises NotAllowed.
    """
    email = check_actor(actor)
    if operation.kind != Kind.RESUME:
        raise NotAllowed(refusal_messages.ONLY_STOP_RESUME)
    check_abort(actor, operation)
    is_about_everything = operation.needs_stop_everything and may_stop_everything(actor)
    pause = _taking_back(operation, actor, email, needs_stop_everything=is_about_everything)
    pause.reason = reason
    entry = partial(operation_entry, actor=actor, source=source, reason=reason)
    with transaction.atomic(durable=True):
        take_turns()
        written = may_be_calling(operation)
        at_work = Operation.objects.open().stopping().filter(undoes=operation).order_by("-pk").first()
        if at_work and written.keys() <= set(at_work.items.values_list("batch_id", flat=True)):
            if end_operation(operation, cause=Cause.SUPERSEDED, stopped_by=at_work):
                entry(Action.OPERATION_CALLS_STOPPED, operation, by=at_work.pk, batches=len(written))
                operation_ended(operation.pk)
            operation_queue(at_work)
            return at_work
        pause.save(force_insert=True)
        has_ended = end_operation(operation, cause=Cause.SUPERSEDED, stopped_by=pause)
        items_create(pause, written)
        entry(Action.OPERATION_CALLS_STOPPED, operation, by=pause.pk, batches=len(written))
        if has_ended:
            operation_ended(operation.pk)
        entry(Action.OPERATION_STARTED, pause, undoes=operation.pk)
        operation_queue(pause)
    return pause


def _taking_back(operation: Operation, actor: User, email: str, *, needs_stop_everything: bool) -> Operation:
    """Return the unsaved operation that undoes `operation`."""
    target = Target(TargetScope.SELECTION, campaign_id=operation.campaign_id, campaign_name=operation.campaign_name)
    return Operation(
        kind=UNDONE_BY[Kind(operation.kind)],
        **target.fields(),
        edit=undoing_edit(operation),
        undoes=operation,
        actor=actor,
        actor_email=email,
        needs_stop_everything=needs_stop_everything,
    )


def undoing_edit(operation: Operation) -> BatchEdit:
    """Return the edit of an undo: a status, or nothing if each batch gets back its own."""
    statuses = {Kind.PAUSE: BatchStatus.ACTIVE, Kind.RESUME: BatchStatus.PAUSED}
    return BatchEdit(status=statuses.get(Kind(operation.kind)))
