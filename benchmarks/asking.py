"""`python -m benchmarks.asking CAMPAIGN WORKER SECONDS BATCHES`: start a pause, print its times as JSON.

The command waits until BATCHES are paused, but not for batches that hang. WORKER is the process id of the worker whose
memory is measured meanwhile.
"""

import json
import sys
import time

import django

django.setup()

from django.db.models import Max, Min  # noqa: E402

from accounts.models import User  # noqa: E402
from batches.models import (  # noqa: E402
    ItemState,
    Kind,
    Operation,
    Target,
    TargetScope,
)
from batches.services.operations.actions import operation_stop  # noqa: E402
from batches.services.operations.start import operation_start  # noqa: E402
from benchmarks.other_process import memory_of  # noqa: E402
from syllable.schemas import BatchEdit, BatchStatus  # noqa: E402


def main(campaign: int, worker: int, most_seconds: float, batches: int) -> None:
    """Measure one operation from its start to its end. Exits with a message if it does not end in time."""
    actor = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("bench@example.com")
    idle = _settled_memory(worker)
    operation = operation_start(
        kind=Kind.PAUSE,
        target=Target(TargetScope.CAMPAIGN, campaign_id=campaign),
        edit=BatchEdit(status=BatchStatus.PAUSED),
        actor=actor,
    )
    ends = time.monotonic() + most_seconds
    while operation.is_open and not (operation.items.count() > batches <= _done(operation)):
        if time.monotonic() > ends:
            sys.exit("The operation did not end in time.")
        time.sleep(0.25)
        operation.refresh_from_db()
    operation_stop(operation=operation, actor=actor)
    sys.stdout.write(json.dumps(_times(operation) | {"memory": memory_of(worker, "VmHWM") - idle}))


def _times(operation: Operation) -> dict[str, float]:
    first = operation.changes.aggregate(at=Min("started_at"))["at"]
    last = operation.items.filter(state=ItemState.DONE).aggregate(at=Max("finished_at"))["at"]
    assert operation.started_at
    return {
        "done": _done(operation),
        "queueing": (operation.started_at - operation.created_at).total_seconds(),
        "listing": (first - operation.started_at).total_seconds(),
        "working": (last - first).total_seconds(),
    }


def _done(operation: Operation) -> int:
    return operation.items.filter(state=ItemState.DONE).count()


def _settled_memory(worker: int) -> float:
    """Return the worker's memory once it is up and idle."""
    time.sleep(3)
    return memory_of(worker, "VmRSS")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
