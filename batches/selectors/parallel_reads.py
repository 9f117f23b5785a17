"""Reads that run in parallel to the thread that answers the visitor."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotDoneInTime
from contextvars import copy_context
from functools import partial
from math import ceil
from threading import BoundedSemaphore
from typing import ParamSpec, TypeVar

from batches.api_client import keep_off_the_cache
from syllable.errors import SyllableError, TimedOut, TooBusy
from syllable.resilience.bulkhead import LIMITS, Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import Page

# A page is worth a longer wait than the data beside it.
EXTRAS_SECONDS = 3.0

# Shared by all requests, so that a slow API cannot create endless threads. Code in the pool never touches the ORM: a
# pool thread would keep a database connection of its own open.
_pool = ThreadPoolExecutor(
    max_workers=LIMITS[Lane.PARALLEL].calls, thread_name_prefix="syllable", initializer=keep_off_the_cache
)
# The limit of running and waiting reads: without it a hanging API would let the queue grow with every visit.
MOST_WAITING = 64
_room = BoundedSemaphore(MOST_WAITING)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
Row = TypeVar("Row")


def submit(
    function: Callable[Arguments, Result], *args: Arguments.args, **kwargs: Arguments.kwargs
) -> Future[Result] | None:
    """Run in the pool, in a copy of the context, which gives log lines the request's id. Returns None if full."""
    if not _room.acquire(blocking=False):
        return None
    future = _pool.submit(copy_context().run, partial(function, *args, **kwargs))
    future.add_done_callback(lambda _: _room.release())
    return future


def result(future: Future[Result] | None, deadline: Deadline) -> Result:
    """Return the result. Raises what the read raised, TooBusy where it never began, TimedOut past the deadline."""
    if future is None:
        raise TooBusy
    try:
        return future.result(timeout=deadline.remaining())
    except NotDoneInTime:
        # Not cancelled: a waiting read sees that its deadline has passed, but a cancelled one would stay in the queue.
        raise TimedOut from None


def pages_in_parallel(
    first: Page[Row], read: Callable[[int], Page[Row]], deadline: Deadline, *, most: int, at_a_time: int
) -> list[Page[Row]]:
    """Return the `first` page of a list and those after it, some in parallel, up to the last or to `most` pages.

    `read` returns a page by its number. Raises what a read raised, TooBusy and TimedOut.
    """
    pages = [first]
    while len(pages) < (count := _page_count(pages[-1], most)):
        numbers = range(len(pages), min(len(pages) + at_a_time, count))
        reading = [submit(read, number) for number in numbers]
        pages += [result(future, deadline) for future in reading]
    return pages


def _page_count(page: Page[Row], most: int) -> int:
    """Return how many pages to read, judging by `page`, the last one read; `most` where it has no total."""
    if page.total_count is None:
        return most if page.has_next else 0
    return min(most, ceil(page.total_count / page.page_size))


def result_or_none(future: Future[Result] | None, deadline: Deadline) -> Result | None:
    """Return the result, or None: not requested, the API gave none, or the deadline passed first."""
    try:
        return result(future, deadline)
    except SyllableError:
        return None
