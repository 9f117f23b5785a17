"""What the trail says about the silence after a stop: that nobody is contacted any more, or that a request began."""

from django.db.models import Max, Q

from batches.models import ItemState, Operation, OperationItem, StopCheck
from batches.services.operations.audit import operation_entry
from trail.models import Action, Entry


def silence_record(item: OperationItem, check: StopCheck, before: StopCheck | None) -> None:
    """Add the entries that a look at a stopped batch gives rise to, within the caller's transaction.

    One says that a request began in this batch after its stop, the first time that this shows. One says that nobody is
    contacted any more in any batch of the stop, once it has ended.
    """
    operation = item.operation
    if check.began_since and not (before and before.began_since):
        operation_entry(Action.STOP_BROKEN, operation, batch=item.batch_id, requests=check.began_since)
    if not operation.is_open and check.under_way == 0 and _is_silent(operation):
        if Entry.objects.filter(operation_id=operation.pk, action=Action.STOP_SILENT).exists():
            return
        checks = StopCheck.objects.filter(item__operation=operation)
        last = checks.aggregate(last=Max("last_began_at"))["last"]
        operation_entry(
            Action.STOP_SILENT,
            operation,
            batches=checks.count(),
            began_since=sum(checks.values_list("began_since", flat=True)),
            last_began_at=last and last.isoformat(),
            checked_at=check.checked_at.isoformat(),
        )


def _is_silent(operation: Operation) -> bool:
    """Return whether each batch of a stop was looked at, and no request is under way in any."""
    is_stopped = Q(state__in=(ItemState.DONE, ItemState.SKIPPED))
    is_silent = is_stopped & Q(stop_check__under_way=0, stop_check__runs_again=False)
    return not operation.items.exclude(is_silent).exists()
