"""How many calls one process makes at a time, so that a hanging API cannot occupy every thread of the server."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from syllable.errors import RateLimited, TooBusy
from syllable.resilience.circuit_breaker import CircuitBreaker
from syllable.resilience.deadline import Deadline
from syllable.resilience.latency import Latency
from syllable.resilience.rate_limiter import RateLimiter


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` at a time; `waiting` more callers may wait up to `patience` seconds for a place.

    A read is tried up to `tries` times.
    """

    calls: int
    waiting: int
    patience: float
    tries: int = 3


class Lane(Enum):
    """What a call is for. Lanes share no places: hanging pages leave room for the click that stops a batch."""

    PAGES = "pages"
    # Also the reads that a write needs. They go out even while the circuit breaker is open.
    WRITES = "writes"
    # Reads and writes of the background, which has threads of its own and keeps to one pace.
    OPERATIONS = "operations"
    # What a page shows beside its subject, read by threads of its own. Too impatient to judge the API's health.
    PARALLEL = "parallel"
    # What a process reads again and again by itself. It hears of each 429 at once, because its next look is its retry,
    # and keeps its own account of what fails: it neither judges the API's health for others, nor is it held back by
    # their judgement, which it could then never see corrected.
    WATCH = "watch"


# The lanes whose calls say nothing of the API's health, and those that are refused while the API is silent.
UNJUDGED = (Lane.PARALLEL, Lane.WATCH)
HELD_BACK = (Lane.PAGES, Lane.PARALLEL)


# The server's threads read for pages and writes, so these two together stay below its `threads`.
LIMITS = {
    Lane.PAGES: Limit(calls=8, waiting=2, patience=0.5),
    Lane.WRITES: Limit(calls=4, waiting=2, patience=3.0),
    Lane.OPERATIONS: Limit(calls=64, waiting=0, patience=0.0),
    Lane.PARALLEL: Limit(calls=16, waiting=0, patience=0.0),
    Lane.WATCH: Limit(calls=4, waiting=0, patience=0.0, tries=1),
}


class Bulkhead:
    """The gate for every call: the lane needs a free place, and the circuit breaker must admit the call."""

    def __init__(self) -> None:
        self.breaker = CircuitBreaker()
        self.rate_limiter = RateLimiter()
        self.latency = Latency()
        self._places = {lane: _Places(limit) for lane, limit in LIMITS.items()}

    @contextmanager
    def call(self, lane: Lane, deadline: Deadline) -> Iterator[None]:
        """Admit one call, with all its attempts, for the body.

        Raises TooBusy or NotAnswering first, soon or at once.
        """
        with self._places[lane].taken(deadline):
            if lane in HELD_BACK:
                self.breaker.admit(may_try=lane is Lane.PAGES)
            if lane in UNJUDGED:
                yield
                return
            with self.breaker.judging():
                yield

    @contextmanager
    def paced(self, lane: Lane, deadline: Deadline, *, is_write: bool) -> Iterator[None]:
        """Pace one attempt of a call, the body. Raises RateLimited first where its turn comes too late."""
        if lane is not Lane.OPERATIONS:
            yield
            return
        self.rate_limiter.wait(deadline)
        try:
            with self.latency.measured(is_write=is_write):
                yield
        except RateLimited as error:
            self.rate_limiter.refused(error.retry_after)
            raise
        self.rate_limiter.answered()


class _Places:
    def __init__(self, limit: Limit) -> None:
        self._patience = limit.patience
        self._free = threading.BoundedSemaphore(limit.calls)
        self._queue = threading.BoundedSemaphore(limit.waiting) if limit.waiting else None

    @contextmanager
    def taken(self, deadline: Deadline) -> Iterator[None]:
        if not (self._free.acquire(blocking=False) or self._waited(deadline)):
            raise TooBusy
        try:
            yield
        finally:
            self._free.release()

    def _waited(self, deadline: Deadline) -> bool:
        if self._queue is None or not self._queue.acquire(blocking=False):
            return False
        try:
            return self._free.acquire(timeout=min(self._patience, deadline.remaining()))
        finally:
            self._queue.release()
