"""Handing exports to the workers, as `operations/enqueue.py` hands over operations."""

from datetime import timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.db.transaction import on_commit
from django.utils.module_loading import import_string

from batches.models import ExportState, TrailExport
from batches.services.operations.enqueue import DEFAULT_QUEUE, QUEUED_AGAIN_AFTER

logger = structlog.get_logger(__name__)

# By name only: tasks import services.
TASK = "batches.tasks.make_export"
# Behind operations and mails, which are 0: people wait for these. A queue in Redis keeps the order of arrival.
PRIORITY = -1


def export_queue(export_id: int) -> None:
    """Hand an export to the workers once the transaction commits; if the queue is down, a sweep does so later."""
    on_commit(partial(_enqueue_if_possible, export_id))


def export_enqueue(export_id: int) -> None:
    """Hand an export to the workers now. On failure it counts as never queued, for the sweep."""
    import_string(TASK).using(queue_name=DEFAULT_QUEUE, priority=PRIORITY).enqueue(export_id)
    TrailExport.objects.filter(pk=export_id).update(queued_at=Now())


def exports_to_queue() -> list[TrailExport]:
    """Return exports that wait for a worker and are in no queue: never queued, lost, or left by a dead worker.

    Each is returned once, and then counts as queued: the caller hands it to the queue.
    """
    lost = Q(state=ExportState.WAITING) & (Q(queued_at=None) | Q(queued_at__lt=Now() - QUEUED_AGAIN_AFTER))
    abandoned = Q(state=ExportState.RUNNING, lease_until__lt=Now())
    # The creator of a brand-new export is still queueing it.
    old_enough = Q(asked_at__lt=Now() - timedelta(seconds=settings.OPERATION_LEASE / 2))
    in_no_queue = TrailExport.objects.filter((lost & old_enough) | abandoned)
    # Whoever marks an export queues it, and other sweeps see the mark.
    marked = {"state": ExportState.WAITING, "token": "", "lease_until": None, "queued_at": Now()}
    return [export for export in in_no_queue if in_no_queue.filter(pk=export.pk).update(**marked) == 1]


def _enqueue_if_possible(export_id: int) -> None:
    try:
        export_enqueue(export_id)
    except Exception:
        logger.exception("export_not_queued", export=export_id)
