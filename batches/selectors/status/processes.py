"""The processes of the Procfile, as their heartbeats tell."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from batches.status import Check, Finding
from common.counters import from_json
from common.models import Process, ProcessHeartbeat

CALLS, TOO_BUSY = "outbound_api_calls", "too_busy"


@dataclass(frozen=True, slots=True)
class Processes:
    """The rows of those that are alive, and when each process was last heard of.

    `now` is by the clock of the database, or of this machine where no process was ever heard of.
    """

    now: datetime
    alive: list[ProcessHeartbeat]
    last: dict[str, datetime]

    def answered(self) -> tuple[datetime, str] | None:
        """Return when the API last answered any of them, and which; None where it did not."""
        return max(filter(None, map(self.latest, ("api_accepted_ago", "api_refused_ago"))), default=None)

    def silent(self) -> dict[str, datetime]:
        """Return since when the API has not answered, by the name of each process that finds so.

        A circuit breaker stays open in a process that makes no more calls. So it counts only if no other process was
        answered after the last call that failed there.
        """
        answered = self.answered()
        return {
            row.process: at
            for row in self.alive
            for at in _since([row], "api_silent_for")
            if answered is None or max(_since([row], "api_failed_ago"), default=at) > answered[0]
        }

    def of(self, process: Process) -> list[ProcessHeartbeat]:
        """Return those of one name, the oldest first."""
        return [row for row in self.alive if row.process == process]

    def latest(self, reading: str) -> tuple[datetime, str] | None:
        """Return when what the reading counts from last happened, and in which process; None where it did not."""
        found = [(at, row.process) for row in self.alive for at in _since([row], reading)]
        return max(found, default=None)


def _since(rows: Iterable[ProcessHeartbeat], reading: str) -> Iterator[datetime]:
    """Yield the moments that a reading counts its seconds from."""
    for row in rows:
        if (seconds := row.readings.get(reading)) is not None:
            yield row.beat_at - timedelta(seconds=seconds)


def processes_read() -> Processes:
    """Return what the heartbeats tell. Takes two queries."""
    rows = ProcessHeartbeat.objects
    last = list(rows.of_processes().values("process").annotate(at=Max("beat_at"), now=Max(Now())))
    return Processes(
        now=max((row["now"] for row in last), default=timezone.now()),
        alive=list(rows.alive().order_by("started_at")),
        last={row["process"]: row["at"] for row in last},
    )


def process_checks(processes: Processes) -> list[Check]:
    """Return a line for each process of the Procfile."""
    return [_check(process, processes) for process in Process]


def is_needed(process: Process) -> bool:
    """Return whether the settings leave this process anything to do."""
    if process == Process.WATCH:
        return bool(settings.WATCH_INTERVAL)
    if process == Process.STREAM:
        return bool(settings.AUDIT_STREAM_URL or settings.AUDIT_HEAD_TO)
    return True


def _check(process: Process, processes: Processes) -> Check:
    rows = processes.of(process)
    if not rows:
        at = processes.last.get(process)
        missing = Finding.MISSING if at else Finding.NEVER_SEEN
        return Check(process.value, missing if is_needed(process) else Finding.PROCESS_OFF, {"at": at})
    facts = {"count": len(rows), "since": rows[0].started_at}
    notes = _notes(process, rows)
    failing = list(_since(rows, "failing_for"))
    if len(failing) == len(rows):
        return Check(process.value, Finding.RUN_FAILS, facts | {"since": min(failing)}, notes=notes)
    versions = sorted({row.version for row in rows})
    if len(versions) > 1:
        return Check(process.value, Finding.VERSIONS_DIFFER, facts | {"versions": " and ".join(versions)}, notes=notes)
    return Check(process.value, Finding.SEVERAL_RUN if len(rows) > 1 else Finding.RUNS, facts, notes=notes)


def _notes(process: Process, rows: list[ProcessHeartbeat]) -> tuple[Check, ...]:
    """Return what the circuit breaker, the rate limiter and the bulkhead of a process do or did."""
    notes = []
    if silent := list(_since(rows, "api_silent_for")):
        notes.append(Check(process.value, Finding.BREAKER_OPEN, {"since": min(silent)}))
    if held := max((row.readings.get("api_held_for", 0.0) for row in rows), default=0.0):
        notes.append(Check(process.value, Finding.HELD, {"seconds": max(1, round(held))}))
    if busy := sum(turned_away(row) for row in rows):
        notes.append(Check(process.value, Finding.TURNED_AWAY, {"count": round(busy), "since": rows[0].started_at}))
    return tuple(notes)


def turned_away(row: ProcessHeartbeat) -> float:
    """Return how many calls the bulkhead of a process turned away since its start."""
    counted = from_json(row.counters)
    return sum(value for (name, labels), value in counted.items() if name == CALLS and labels[1] == TOO_BUSY)
