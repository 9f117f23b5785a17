"""What a process counts about itself. Its heartbeat takes the counts along, and `/metrics` sums those of all processes.

Each counter only grows, from 0 at the start of the process. No label holds a text that came from outside.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, disable_created_metrics
from prometheus_client.metrics_core import CounterMetricFamily, Metric

# The name of a counter, and the values of its labels in their order.
Key = tuple[str, tuple[str, ...]]
Counts = dict[Key, float]

disable_created_metrics()
REGISTRY = CollectorRegistry()
# What each counter counts, and its labels, by its name without `_total`.
DEFINED: dict[str, tuple[str, tuple[str, ...]]] = {}


def _counter(name: str, counts: str, *labels: str) -> Counter:
    DEFINED[name] = (counts, labels)
    return Counter(name, counts, labels, registry=REGISTRY)


API_CALLS = _counter("outbound_api_calls", "Attempts at calls to the API of Syllable.", "lane", "result")
API_SECONDS = _counter("outbound_api_seconds", "Seconds that attempts at calls took.", "lane")
RESPONSES = _counter("outbound_responses", "Answers of the web server, by class of the HTTP status.", "status")
ITEMS = _counter("outbound_items", "Batches of operations that ended, by what became of them.", "outcome")
TASKS = _counter("outbound_tasks", "Tasks that ended, by queue.", "queue", "result")
RUNS = _counter("outbound_runs", "Runs of a process that does its work again and again.", "result")


def counts() -> Counts:
    """Return what this process has counted so far."""
    found: Counts = {}
    for metric in REGISTRY.collect():
        _, labels = DEFINED[metric.name]
        for sample in metric.samples:
            found[metric.name, tuple(sample.labels[label] for label in labels)] = sample.value
    return found


def added(parts: Iterable[Counts]) -> Counts:
    """Return the sums over `parts`."""
    total: Counts = {}
    for part in parts:
        for key, value in part.items():
            total[key] = total.get(key, 0.0) + value
    return total


def since(now: Counts, before: Counts) -> Counts:
    """Return how much has been counted since `before`."""
    return {key: value - before.get(key, 0.0) for key, value in now.items()}


def to_json(counted: Counts) -> list[Any]:
    """Return the counts as a value for JSON: a list of name, labels and value."""
    return [[name, list(labels), value] for (name, labels), value in counted.items()]


def from_json(stored: list[Any]) -> Counts:
    """Return the counts in what `to_json` returned, maybe in another version: without those that this one lacks."""
    return {
        (name, tuple(labels)): float(value)
        for name, labels, value in stored
        if name in DEFINED and len(labels) == len(DEFINED[name][1])
    }


def families(by_process: Mapping[str, Counts]) -> Iterator[Metric]:
    """Yield each counter with its values, which have the process as one more label."""
    for name, (documentation, labels) in DEFINED.items():
        family = CounterMetricFamily(name, documentation, labels=("process", *labels))
        for process, counted in by_process.items():
            for (counter, values), value in counted.items():
                if counter == name:
                    family.add_metric((process, *values), value)
        yield family
