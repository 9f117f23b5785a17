"""What the tests of operations share: creating operations, and running them in this process."""

import threading

from django.db import connections

from batches.models import Kind, Target, TargetScope
from batches.services.operations.runner import operation_run
from batches.services.operations.start import operation_start
from syllable.schemas import BatchEdit, BatchStatus
from trail.source import BACKGROUND

EDITS = {
    Kind.PAUSE: BatchEdit(status=BatchStatus.PAUSED),
    Kind.RESUME: BatchEdit(status=BatchStatus.ACTIVE),
    Kind.CANCEL: BatchEdit(status=BatchStatus.CANCELED, deleted_reason="wrong list"),
}


def start(kind, actor, *, edit=None, scope=TargetScope.CAMPAIGN, campaign_id=7, source=BACKGROUND, **more):
    """Start an operation, on campaign 7 by default; `more` are fields of its target, or arguments of its start."""
    if scope in (TargetScope.ALL, TargetScope.SELECTION):
        campaign_id = None
    about = {name: more.pop(name) for name in ("reason", "keep_paused") if name in more}
    target = Target(scope, campaign_id=campaign_id, **more)
    return operation_start(kind=kind, target=target, edit=edit or EDITS[kind], actor=actor, source=source, **about)


def carried_out(operation):
    """Return the operation after a worker has taken it as far as possible."""
    while operation_run(operation.pk):
        pass
    operation.refresh_from_db()
    return operation


def wait_for_abandoned_jobs():
    """Return when the abandoned jobs of workers in this process have ended."""
    for thread in threading.enumerate():
        if thread.name.startswith("operation_"):
            thread.join(60)
            assert not thread.is_alive()


def totals(operation):
    """Return how many items are in each state."""
    counts = {}
    for state in operation.items.values_list("state", flat=True):
        counts[state] = counts.get(state, 0) + 1
    return counts


def meanwhile(deed):
    """Make `deed` a hook of the sandbox, whose threads have database connections of their own."""

    def hook(request):
        try:
            deed()
        finally:
            connections.close_all()

    return hook
