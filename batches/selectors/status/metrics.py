"""What `/metrics` says: sums over the heartbeats of all processes, and gauges as of now."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from batches.access import Scope
from batches.models import Change, Operation
from batches.models.operation import OPEN
from batches.selectors.status.processes import Processes, is_needed, processes_read
from batches.selectors.status.queues import queues_read
from batches.selectors.status.work import watch_state
from common.counters import Counts, added, families, from_json
from common.models import Process, ProcessHeartbeat
from trail.sealer import seal_state
from trail.stream import stream_state


class Metrics(Collector):
    """The metrics as of one moment. Takes at most 15 queries, and makes no call to the API."""

    def __init__(self, *, scope: Scope) -> None:
        self._scope = scope

    def collect(self) -> Iterator[Metric]:
        """Yield each metric once."""
        yield from families(counted())
        processes = processes_read()
        yield from _processes(processes)
        yield from _batches(self._scope)
        yield from _watch(processes.now)
        yield from _trail(processes.now)
        yield from _queues(processes.now)


def metrics_text(*, scope: Scope) -> bytes:
    """Return the metrics in the text format 0.0.4."""
    return generate_latest(Metrics(scope=scope))


def counted() -> dict[str, Counts]:
    """Return the sums by process. Takes one query, in which no process is missing and none is there twice."""
    by_process: dict[str, list[Counts]] = defaultdict(list)
    for process, counters in ProcessHeartbeat.objects.values_list("process", "counters"):
        by_process[process].append(from_json(counters))
    return {process: added(parts) for process, parts in sorted(by_process.items())}


def _processes(processes: Processes) -> Iterator[Metric]:
    alive = GaugeMetricFamily("outbound_processes", "Processes with a heartbeat.", labels=("process",))
    needed = GaugeMetricFamily("outbound_process_needed", "1 where the settings need the process.", labels=("process",))
    silent = GaugeMetricFamily(
        "outbound_breakers_open", "Processes whose circuit breaker is open.", labels=("process",)
    )
    held = GaugeMetricFamily("outbound_rate_limited", "Processes that wait after a 429.", labels=("process",))
    failing = GaugeMetricFamily("outbound_run_failing", "Processes whose runs fail.", labels=("process",))
    for process in Process:
        rows = processes.of(process)
        alive.add_metric((process.value,), len(rows))
        needed.add_metric((process.value,), is_needed(process))
        for family, reading in ((silent, "api_silent_for"), (held, "api_held_for"), (failing, "failing_for")):
            family.add_metric((process.value,), sum(reading in row.readings for row in rows))
    yield from (alive, needed, silent, held, failing)
    is_silent = float(bool(processes.silent()))
    yield GaugeMetricFamily("outbound_api_silent", "1 while no process gets an answer.", value=is_silent)


def _batches(scope: Scope) -> Iterator[Metric]:
    rows = scope.limit(Operation.objects.open()).order_by().values_list("state").annotate(count=Count("pk"))
    counts = dict(rows)
    operations = GaugeMetricFamily("outbound_operations_open", "Operations that have not ended.", labels=("state",))
    for state in OPEN:
        operations.add_metric((state.value,), counts.get(state, 0))
    changes = scope.limit(Change.objects.all())
    not_confirmed = changes.not_confirmed().count() if changes.unsettled().exists() else 0
    yield operations
    yield GaugeMetricFamily("outbound_changes_not_confirmed", "Changes that are not confirmed.", value=not_confirmed)


def _watch(now: datetime) -> Iterator[Metric]:
    state = watch_state() if is_needed(Process.WATCH) else None
    if state is None:
        return
    if state.looked_at:
        age = _seconds(now, state.looked_at)
        yield GaugeMetricFamily("outbound_watch_age_seconds", "Seconds since the watcher saw everything.", value=age)
    is_failing = float(state.failing_since is not None)
    yield GaugeMetricFamily("outbound_watch_failing", "1 while the watcher cannot look.", value=is_failing)


def _trail(now: datetime) -> Iterator[Metric]:
    seals, stream = seal_state(), stream_state()
    yield GaugeMetricFamily("outbound_seal_waiting", "Entries of the trail without a seal.", value=seals.waiting)
    lag = _seconds(now, seals.waiting_since)
    yield GaugeMetricFamily("outbound_seal_lag_seconds", "Age of the oldest entry without a seal.", value=lag)
    if stream.is_on:
        yield GaugeMetricFamily("outbound_stream_waiting", "Sealed entries to deliver.", value=stream.waiting)
        lag = _seconds(now, stream.waiting_since)
        yield GaugeMetricFamily("outbound_stream_lag_seconds", "Age of the oldest seal to deliver.", value=lag)


def _queues(now: datetime) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("outbound_queue_tasks", "Tasks that wait for a worker.", labels=("queue",))
    age = GaugeMetricFamily("outbound_queue_age_seconds", "Age of the oldest of these tasks.", labels=("queue",))
    for queue in queues_read():
        if queue.waiting is not None:
            waiting.add_metric((queue.name,), queue.waiting)
            age.add_metric((queue.name,), _seconds(now, queue.since))
    yield from (waiting, age)


def _seconds(now: datetime, since: datetime | None) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0
