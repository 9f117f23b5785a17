"""How an operation begins: the decision is recorded and handed to a worker. `runner.py` carries it out."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from batches.models import Kind, Operation, OperationItem, Target, TargetScope
from batches.services.changes.update import check_actor, check_reason
from batches.services.holds.place import hold_place
from batches.services.operations.audit import operation_entry
from batches.services.operations.enqueue import operation_queue
from batches.services.operations.hold import check_held
from batches.services.operations.overlaps import make_way, supersede, take_turns
from batches.services.operations.permissions import check_target
from batches.services.operations.targets import paused_by_operations
from syllable.schemas import BatchEdit
from trail.models import Action
from trail.source import BACKGROUND, Source


def operation_start(
    *,
    kind: Kind,
    target: Target,
    edit: BatchEdit,
    actor: User,
    reason: str = "",
    keep_paused: bool = False,
    source: Source = BACKGROUND,
) -> Operation:
    """Record the decision and its reason, and hand it to a worker's queue; `keep_paused` places a hold with it.

    A PAUSE or CANCEL ends operations that would start the same batches. Raises NotAllowed, ReasonMissing, and InTheWay
    if another operation works on the same batches; only another emergency stop is in the way of an emergency stop.
    A RESUME of nothing but held batches is NotAllowed.
    """
    email = check_actor(actor)
    check_reason((kind,), reason)
    operation = Operation(
        kind=kind,
        **target.fields(),
        edit=edit,
        reason=edit.deleted_reason or reason,
        actor=actor,
        actor_email=email,
        needs_stop_everything=check_target(actor, kind=kind, target=target, edit=edit),
    )
    with transaction.atomic(durable=True):
        take_turns()
        make_way(operation, target.batch_ids)
        check_held(operation, target.batch_ids)
        operation.save(force_insert=True)
        _started_entry(operation, target, actor, source)
        supersede(operation, actor, source)
        _known_items_create(operation, target)
        if keep_paused:
            hold_place(operation, target.batch_ids, actor=actor, email=email, reason=operation.reason, source=source)
        operation_queue(operation)
    return operation


def _started_entry(operation: Operation, target: Target, actor: User, source: Source) -> None:
    chosen = target.view.fields() if target.view else operation.filter
    about = {"filter": chosen, "edit": operation.edit.fields()}
    operation_entry(Action.OPERATION_STARTED, operation, actor=actor, source=source, reason=operation.reason, **about)


def _known_items_create(operation: Operation, target: Target) -> None:
    """Create the items of an operation whose batches are known at its start."""
    if target.scope == TargetScope.SELECTION:
        items_create(operation, dict.fromkeys(target.batch_ids))
    elif operation.kind == Kind.RESUME and target.scope == TargetScope.CAMPAIGN:
        pauses = paused_by_operations(operation.campaign_id or 0)
        items_create(operation, {pause.batch_id: pause.pk for pause in pauses.only("pk", "batch_id")})


def items_create(operation: Operation, changes: Mapping[str, int | None]) -> None:
    """Create the items of an operation with known batches, each with the change that it undoes, if any."""
    OperationItem.objects.bulk_create(
        [OperationItem(operation=operation, batch_id=batch_id, undoes_id=pk) for batch_id, pk in changes.items()],
        batch_size=500,
    )
    Operation.objects.filter(pk=operation.pk).update(listed_at=Now())
