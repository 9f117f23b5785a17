"""`python -m benchmarks.watch_looks`: a watcher's looks at the account of the settings, and what they took, as JSON."""

import json
import os
import sys
import time
from datetime import timedelta

import django
from django.conf import settings

from benchmarks.other_process import memory_of

HOUR = 3600.0
SAMPLES = 50_000


def main() -> None:
    """Look for the first time, again at once, and once more at everything."""
    django.setup()
    from batches.models import Sighting, WatchState
    from batches.services.watch.watcher import Watcher

    watcher = Watcher(interval=HOUR)
    found: dict[str, float] = {}
    for look in ("first", "usual", "full"):
        if look == "full":
            WatchState.objects.update(full_look_at=None)
        began = time.monotonic()
        watcher.look()
        state = WatchState.objects.get()
        if state.problem or state.looked_at is None or state.full_look_at is None:
            sys.exit(f"the {look} look failed: {state.problem}")
        found |= {f"{look}_calls": state.calls, f"{look}_seconds": time.monotonic() - began}
    watcher.lease.give_back()
    found["peak"] = memory_of(os.getpid(), "VmHWM")
    found["bytes"] = _bytes_of_a_sample(Sighting.objects.filter(status="ACTIVE").values_list("pk", "seen_at")[:100])
    sys.stdout.write(json.dumps(found))


def _bytes_of_a_sample(rows: object) -> float:
    """Add samples to the database as in use, and return by how much it grows for each."""
    from django.db import connection

    from batches.models import Sample

    before = _size(connection)
    numbers = list(rows)  # type: ignore[call-overload]
    for minute in range(SAMPLES // len(numbers)):
        Sample.objects.bulk_create(
            Sample(
                sighting_id=pk, at=at - timedelta(days=80, minutes=minute), pending=99, under_way=9, ended=99, failed=9
            )
            for pk, at in numbers
        )
    return (_size(connection) - before) / (SAMPLES // len(numbers) * len(numbers))


def _size(connection: object) -> int:
    with connection.cursor() as cursor:  # type: ignore[attr-defined]
        if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        else:
            cursor.execute("SELECT pg_total_relation_size('batches_sample')")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()
