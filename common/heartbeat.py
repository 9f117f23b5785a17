"""The heartbeat of a process: every few seconds a row says that it is alive, and what it has counted."""

import socket
import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now

from common.clock import from_now
from common.counters import Counts, added, counts, from_json, since, to_json
from common.models import Process, ProcessHeartbeat
from common.version import VERSION

logger = structlog.get_logger(__name__)

BEAT_SECONDS = 10.0
# A process that ends waits so long for its last heartbeat.
LEAVING_SECONDS = 3.0
LONGEST_HOST = 60
# Rows of processes that ended are kept so long; of a process that keeps ending only the newest.
KEPT_FOR = timedelta(days=1)
MOST_KEPT = 100

# What else a heartbeat takes along: functions that return seconds, None where their name does not apply. They must be
# quick, and safe to call in any thread.
readings: dict[str, Callable[[], float | None]] = {}


class Heartbeat:
    """Writes the row of this process from `start` to `end`, in a thread of its own.

    Whatever fails here, the process does not notice. A process that is killed leaves its row as it was.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._instance = f"{socket.gethostname()[:LONGEST_HOST]}-{uuid.uuid4().hex[:12]}"
        self._began = time.monotonic()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._fails = False
        # The counts of the last heartbeat, and those that an earlier row of this process has already handed on.
        self._written: Counts = {}
        self._handed_on: Counts = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.end()

    def start(self) -> None:
        """Write the first heartbeat soon, and return at once."""
        self._thread.start()

    def end(self) -> None:
        """Write the last heartbeat; return when that is done, or takes too long."""
        self._is_over.set()
        self._thread.join(LEAVING_SECONDS)

    def _run(self) -> None:
        self._try()
        while not self._is_over.wait(BEAT_SECONDS):
            self._try()
        self._try(is_last=True)

    def _try(self, *, is_last: bool = False) -> None:
        try:
            self._beat(is_last=is_last)
            self._fails = False
        except Exception as error:  # noqa: BLE001 - a process must not end for want of a heartbeat
            if not self._fails:
                logger.warning("heartbeat_failed", kind=type(error).__name__)
            self._fails = True
        finally:
            # The database has few connections, and would keep this one for a statement every ten seconds.
            connection.close()

    def _beat(self, *, is_last: bool) -> None:
        counted = counts()
        row = ProcessHeartbeat.objects.filter(process=self._process, instance=self._instance)
        if not row.update(**self._fields(counted, is_last=is_last)):
            # The first one; or the row was removed while the process could not write.
            self._handed_on = self._written
            began = from_now(timedelta(seconds=self._began - time.monotonic()))
            fields = self._fields(counted, is_last=is_last) | {"started_at": began, "version": VERSION}
            ProcessHeartbeat.objects.create(process=self._process, instance=self._instance, **fields)
        self._written = counted

    def _fields(self, counted: Counts, *, is_last: bool) -> dict[str, Any]:
        return {
            "beat_at": Now(),
            "ended_at": Now() if is_last else None,
            "counters": to_json(since(counted, self._handed_on)),
            "readings": {name: value for name, read in readings.items() if (value := read()) is not None},
        }


def heartbeats_forget() -> None:
    """Remove the rows of processes that ended a day ago, and add what they counted to the total of their process."""
    for process in Process:
        with transaction.atomic():
            total, _ = ProcessHeartbeat.objects.select_for_update().get_or_create(
                process=process, instance=ProcessHeartbeat.TOTAL
            )
            if old := _old(process):
                total.counters = to_json(added(from_json(row.counters) for row in (total, *old)))
                total.save(update_fields=["counters"])
                ProcessHeartbeat.objects.filter(pk__in=[row.pk for row in old]).delete()


def _old(process: Process) -> list[ProcessHeartbeat]:
    """Return the rows of this process to remove, locked: of those that are not alive, all but the newest."""
    rows = ProcessHeartbeat.objects.of_processes().filter(process=process)
    rows = rows.exclude(pk__in=ProcessHeartbeat.objects.alive().values("pk"))
    recent = rows.filter(beat_at__gte=from_now(-KEPT_FOR)).order_by("-beat_at")
    return list(rows.exclude(pk__in=list(recent.values_list("pk", flat=True)[:MOST_KEPT])).select_for_update())
