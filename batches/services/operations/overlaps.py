"""Two operations on the same batches: which one waits, which one ends the other."""

from collections.abc import Sequence
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from batches.models import Cause, Kind, Operation, OperationQuerySet, State, TargetScope
from batches.services.operations.audit import operation_ended, operation_entry
from trail.models import Action
from trail.source import Source


class InTheWay(Exception):
    """Another operation on the same batches has not ended. `operation` is that one."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(f"Operation {operation.pk} is not over yet.")
        self.operation = operation


def take_turns() -> None:
    """Hold one row until the operation is saved, so that two that start at the same moment see each other.

    SQLite has only one writer at a time anyway.
    """
    ContentType.objects.select_for_update().get(app_label="batches", model="operation")


def make_way(operation: Operation, batch_ids: Sequence[str] | QuerySet[Any, Any]) -> None:
    """Raise InTheWay for the newest operation that this one must not overtake."""
    others = Operation.objects.open().exclude(pk=operation.pk)
    if operation.is_stopping:
        others = others.stopping()
    if operation.scope == TargetScope.ALL:
        others = others.filter(scope=TargetScope.ALL)
    elif operation.is_stopping:
        # A part may be stopped while the whole is being stopped, and vice versa.
        others = others.filter(scope=operation.scope, campaign_id=operation.campaign_id, filter=operation.filter)
        if operation.scope == TargetScope.SELECTION:
            others = others.filter(items__batch_id__in=batch_ids)
    else:
        others = others.filter(_overlaps(operation, batch_ids))
    if other := others.order_by("-pk").first():
        raise InTheWay(other)


def _overlaps(operation: Operation, batch_ids: Sequence[str] | QuerySet[Any, Any]) -> Q:
    """Select operations that may be about the same batches: where only the API could tell, they may."""
    overlap = Q(scope=TargetScope.ALL) | Q(items__batch_id__in=batch_ids)
    if operation.campaign_id is None and operation.scope == TargetScope.FILTER:
        return Q()
    if operation.campaign_id is not None:
        overlap |= Q(campaign_id=operation.campaign_id) | Q(scope=TargetScope.FILTER, campaign_id=None)
    return overlap


def supersede(operation: Operation, actor: User, source: Source) -> None:
    """End operations that would start batches that this operation stops.

    One that shares only some batches continues with the others: the guard of each write protects the shared ones.
    """
    if not operation.is_stopping:
        return
    covered: OperationQuerySet = (
        Operation.objects.open().exclude(pk=operation.pk).exclude(kind__in=(Kind.PAUSE, Kind.CANCEL))
    )
    if operation.scope == TargetScope.CAMPAIGN:
        covered = covered.filter(campaign_id=operation.campaign_id)
    elif operation.scope != TargetScope.ALL:
        return
    for other in covered:
        if end_operation(other, cause=Cause.SUPERSEDED, stopped_by=operation):
            operation_entry(Action.OPERATION_SUPERSEDED, other, actor=actor, source=source, by=operation.pk)
            operation_ended(other.pk)


def end_operation(operation: Operation, **why: Any) -> bool:
    """End an operation where it is. Returns False if it had ended already."""
    ended = {"state": State.STOPPED, "detail": "", "finished_at": Now(), "token": "", "lease_until": None}
    return Operation.objects.open().filter(pk=operation.pk).update(**ended, **why) == 1
