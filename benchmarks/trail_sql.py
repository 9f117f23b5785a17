"""`python -m benchmarks.trail_sql`: ask the trail as its pages do, and print the milliseconds of SQL as JSON.

The time of a statement goes from the question to the last row, which SQLite finds only when it is fetched.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402
from django.db.backends.utils import CursorWrapper  # noqa: E402
from django.utils import timezone  # noqa: E402

from batches.access import EVERY_READER, EVERYTHING, Reader  # noqa: E402
from batches.selectors.changes import batch_history, campaign_history  # noqa: E402
from batches.selectors.trail_page import trail_page  # noqa: E402
from batches.selectors.trail_people import trail_known  # noqa: E402
from batches.trail_filter import TrailFilter  # noqa: E402
from benchmarks.peer.trail_rows import BATCHES, CAMPAIGNS, OUTCOMES  # noqa: E402
from trail.models import Entry  # noqa: E402

WARM_UP = 5
TIMES = 100
# As far apart as to be on other pages, of tables and of indexes.
APART = 37
OPERATIONS = 2000


class Clock(CursorWrapper):
    """A cursor that adds up the seconds of what its connection does."""

    seconds = 0.0

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        with timed():
            return super().execute(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        return partial(_fetch, found) if name.startswith("fetch") else found


def _fetch(fetch: Callable[..., Any], *args: Any) -> Any:
    with timed():
        return fetch(*args)


@contextmanager
def timed() -> Iterator[None]:
    """Add the seconds of the block."""
    began = time.perf_counter()
    try:
        yield
    finally:
        Clock.seconds += time.perf_counter() - began


def main() -> None:
    """Ask each question with other values each time, all in turn."""
    connection.make_cursor = lambda cursor: Clock(cursor, connection)  # type: ignore[method-assign]
    middle = _middle()
    asked = questions(middle)
    found: dict[str, list[float]] = {name: [] for name in asked}
    for number in range(WARM_UP + TIMES):
        for name in reversed(asked) if number % 2 else asked:
            Clock.seconds = 0.0
            asked[name](number)
            if number >= WARM_UP:
                found[name].append(Clock.seconds * 1000)
    sys.stdout.write(json.dumps({"middle": middle, "milliseconds": found}))


def _middle() -> int:
    return Entry.objects.values_list("pk", flat=True).order_by("-pk")[Entry.objects.count() // 2]


def questions(middle: int) -> dict[str, Callable[[int], object]]:
    """Return what is asked, by name; the number chooses the values."""
    operator = Reader(1)
    days = [(timezone.now() - timedelta(days=number)).date().isoformat() for number in range(3 * 365)]
    outcomes = list(dict.fromkeys(OUTCOMES))

    def deep(number: int) -> str:
        return str(middle - number * APART)

    def batch(number: int) -> str:
        place = number * APART % BATCHES
        return f"{place % CAMPAIGNS + 1}.{place}"

    def day(number: int) -> TrailFilter:
        chosen = days[number * APART % len(days)]
        return TrailFilter(since=chosen, until=chosen)

    def campaign(number: int) -> str:
        return str(number % CAMPAIGNS + 1)

    def outcome(number: int) -> TrailFilter:
        return TrailFilter(outcome=outcomes[number % len(outcomes)])

    return {
        "nothing, which shows how busy the machine is": lambda _: _nothing(),
        "first page": lambda _: _page(TrailFilter()),
        "first page, for an operator": lambda _: _page(TrailFilter(), reader=operator),
        "page at the middle": lambda number: _page(TrailFilter(), before=deep(number)),
        "page at the middle, for an operator": lambda n: _page(TrailFilter(), before=deep(n), reader=operator),
        "one person": lambda number: _page(TrailFilter(who=f"person{number % 40 + 1:02}@example.com")),
        "one batch": lambda number: _page(TrailFilter(batch=batch(number))),
        "one campaign": lambda number: _page(TrailFilter(campaign=campaign(number))),
        "one campaign, at the middle": lambda n: _page(TrailFilter(campaign=campaign(n)), before=deep(n)),
        "one outcome": lambda number: _page(outcome(number)),
        "one outcome, at the middle": lambda number: _page(outcome(number), before=deep(number)),
        "a day": lambda number: _page(day(number)),
        "not settled": lambda _: _page(TrailFilter(unsettled="1")),
        "an operation's changes": lambda n: _page(TrailFilter(operation=str(n * APART % OPERATIONS + 1))),
        "people and logins": lambda _: _page(TrailFilter(action="people-and-logins")),
        "a batch's history": lambda number: list(batch_history(batch(number), scope=EVERYTHING)),
        "a campaign's history": lambda number: list(campaign_history(campaign(number), scope=EVERYTHING)),
        "the choices of the filter": lambda _: trail_known(scope=EVERYTHING),
    }


def _nothing() -> object:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone()


def _page(asked: TrailFilter, *, before: str = "", reader: Reader = EVERY_READER) -> object:
    return trail_page(asked, scope=EVERYTHING, reader=reader, before=before)


if __name__ == "__main__":
    main()
