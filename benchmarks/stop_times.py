"""`python -m benchmarks.stop_times OPERATION …`: print when each operation confirmed its last batch, as JSON.

The times are seconds since 1970, None for an operation that did not get all its batches.
"""

import json
import sys

import django

django.setup()

from django.db.models import Max  # noqa: E402

from batches.models import ItemState, Operation, State  # noqa: E402


def main(pks: list[int]) -> None:
    """Print the times in the order of the operations."""
    operations = Operation.objects.in_bulk(pks)
    sys.stdout.write(json.dumps([_ended(operations[pk]) for pk in pks]))


def _ended(operation: Operation) -> float | None:
    if operation.state != State.FINISHED or operation.items.exclude(state=ItemState.DONE).exists():
        return None
    last = operation.items.aggregate(at=Max("finished_at"))["at"]
    return last.timestamp() if last else None


if __name__ == "__main__":
    main(list(map(int, sys.argv[1:])))
