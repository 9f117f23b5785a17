"""Memory: by how much a worker grows while it pauses 10,000 batches."""

from benchmarks.figures import Figure
from benchmarks.worker import carried_out, workplace

BATCHES = 10_000
TARGET_MB = 50


def measure() -> list[Figure]:
    """Measure the worker's peak above its idle memory."""
    with workplace(campaigns=1, batches=BATCHES, latency=0.0) as place:
        times = carried_out(place, campaign=1, concurrency=8, batches=BATCHES)
    return [
        Figure(f"peak over idle for {BATCHES} batches", times.memory, "MB", TARGET_MB),
        Figure(f"{BATCHES} batches, first read to last finished", times.working, "s"),
    ]
