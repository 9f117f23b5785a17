"""The threads for the jobs of one operation, and how many of these may write at a time."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import Self, TypeVar

from django.conf import settings
from django.db import connections

from batches.api_client import syllable_client
from batches.models import Operation, TargetScope
from batches.services.operations.runner_jobs import CountSkipped, Event, Failed, Job
from syllable.resilience.bulkhead import LIMITS, Lane

# The limit of concurrent calls of all operations in a process, abandoned calls included. An emergency stop has room
# beside calls that hang, and the lane has a place for each call.
MOST_CALLS = LIMITS[Lane.OPERATIONS].calls * 3 // 4
MOST_CALLS_OF_AN_EMERGENCY = LIMITS[Lane.OPERATIONS].calls - 4


AnyJob = TypeVar("AnyJob")


class JobPool:
    """A pool for one worker's turn at one operation, used by one thread, as a context.

    Jobs still under way at the end of the context are abandoned: they finish by themselves, and the process does not
    end before they do, but nobody receives their events.
    """

    def __init__(self) -> None:
        self._threads: set[int] = set()
        self._under_way: dict[Future[Event], Job] = {}
        self._ended: SimpleQueue[Future[Event]] = SimpleQueue()
        self._executor = ThreadPoolExecutor(
            LIMITS[Lane.OPERATIONS].calls + settings.OPERATION_CONCURRENCY,
            thread_name_prefix="operation",
            initializer=lambda: self._threads.add(threading.get_ident()),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._executor.shutdown(wait=not self._under_way)

    @property
    def under_way(self) -> list[Job]:
        """The jobs whose events have not been collected."""
        return list(self._under_way.values())

    def doing(self, kind: type[AnyJob]) -> list[AnyJob]:
        """Return the jobs of one kind that are under way."""
        return [job for job in self._under_way.values() if isinstance(job, kind)]

    def submit(self, job: Job) -> None:
        """Give `job` to a free thread, or to a new one."""
        future = self._executor.submit(copy_context().run, _run, job)
        self._under_way[future] = job
        future.add_done_callback(self._ended.put)

    def collect(self, *, timeout: float) -> list[tuple[Job, Event]]:
        """Return what has ended since the last call; wait up to `timeout` seconds for a first one."""
        ended: list[Future[Event]] = []
        try:
            ended.append(self._ended.get(timeout=timeout))
            while True:
                ended.append(self._ended.get_nowait())
        except Empty:
            return [(self._under_way.pop(future), _event(future)) for future in ended]

    def has_room(self, operation: Operation) -> bool:
        """Return whether one more batch of `operation` may be written.

        At most OPERATION_CONCURRENCY jobs may be under way. For a stop, hanging calls do not count: batches that hang
        must not delay those that answer.
        """
        # Counting is a page's business, and must not hold up a batch.
        under_way = len(self._under_way) - len(self.doing(CountSkipped))
        size = settings.OPERATION_CONCURRENCY
        if under_way < size:
            return True
        if not operation.is_stopping:
            return False
        calls_of_others = len(syllable_client(Lane.OPERATIONS).latency.calling - self._threads)
        most = MOST_CALLS_OF_AN_EMERGENCY if operation.scope == TargetScope.ALL else MOST_CALLS
        return under_way - self._hanging() < size and under_way + calls_of_others < most

    @property
    def only_hangs(self) -> bool:
        """Whether all calls under way hang."""
        return self._hanging() >= len(self._under_way)

    @property
    def is_reading(self) -> bool:
        """Whether a read is under way."""
        return bool(syllable_client(Lane.OPERATIONS).latency.reading & self._threads)

    def _hanging(self) -> int:
        return len(syllable_client(Lane.OPERATIONS).latency.hanging & self._threads)


def _run(job: Job) -> Event:
    try:
        return job.run()
    finally:
        # Nobody would close the connection of a pool thread later.
        connections.close_all()


def _event(future: Future[Event]) -> Event:
    error = future.exception()
    return future.result() if error is None else Failed(error)
