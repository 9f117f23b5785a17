"""Handing operations to the workers of their queue."""

from datetime import timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.db.transaction import on_commit
from django.utils.module_loading import import_string

from batches.models import Operation, State

logger = structlog.get_logger(__name__)

# By name only: tasks import services.
TASK = "batches.tasks.run_operation"
# Stops have workers of their own, so that no long operation delays them.
STOP_QUEUE = "stop"
DEFAULT_QUEUE = "default"
FIRST = 100
# A task lost together with its queue is queued again after this time; a duplicate does no harm.
QUEUED_AGAIN_AFTER = timedelta(seconds=60)


def operation_queue(operation: Operation) -> None:
    """Hand an operation to its workers once the current transaction commits.

    A queue that is down must not undo the decision: the failure is logged, and a sweep queues the operation later.
    """
    on_commit(partial(_enqueue_if_possible, operation))


def operation_enqueue(operation: Operation) -> None:
    """Hand an operation to its workers now. On failure it counts as never queued, for the sweep."""
    queue = STOP_QUEUE if operation.is_stopping else DEFAULT_QUEUE
    first = FIRST if Operation.objects.urgent().filter(pk=operation.pk).exists() else 0
    import_string(TASK).using(queue_name=queue, priority=first).enqueue(operation.pk)
    Operation.objects.filter(pk=operation.pk).update(queued_at=Now())


def operations_to_queue() -> list[Operation]:
    """Return operations that wait for a worker and are in no queue: never queued, lost, or left by a dead worker.

    Each is returned once, and then counts as queued: the caller hands it to its queue.
    """
    lost = Q(state=State.WAITING) & (Q(queued_at=None) | Q(queued_at__lt=Now() - QUEUED_AGAIN_AFTER))
    abandoned = Q(state=State.RUNNING, lease_until__lt=Now())
    # The creator of a brand-new operation is still queueing it.
    old_enough = Q(created_at__lt=Now() - timedelta(seconds=settings.OPERATION_LEASE / 2))
    in_no_queue = Operation.objects.filter((lost & old_enough) | abandoned)
    # Whoever marks an operation queues it, and other sweeps see the mark. An abandoned one waits from now on.
    marked = {"state": State.WAITING, "detail": "", "token": "", "lease_until": None, "queued_at": Now()}
    return [operation for operation in in_no_queue if in_no_queue.filter(pk=operation.pk).update(**marked) == 1]


def _enqueue_if_possible(operation: Operation) -> None:
    try:
        operation_enqueue(operation)
    except Exception:
        logger.exception("operation_not_queued", operation=operation.pk)
