"""All entries that a filter shows, for files: a few thousand at a time, so that memory does not grow."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from batches.access import Reader, Scope
from batches.change_entry import as_entry
from batches.selectors.time_limit import TooSlow, time_limit
from batches.selectors.trail_not_confirmed import not_confirmed_changes
from batches.selectors.trail_page import QUERY_SECONDS, Cursor
from batches.selectors.trail_query import trail_selection
from batches.trail_filter import AsOf, TrailFilter
from trail.models import Entry

AT_A_TIME = 2000
# A longer file is made by a worker.
MOST_STREAMED = 100_000


def trail_entry(entry_id: int, *, scope: Scope, reader: Reader) -> Entry | None:
    """Return one entry, None where there is none that the reader may see."""
    visible = trail_selection(TrailFilter(), scope=scope, reader=reader, is_foldable=False).rows
    return visible.filter(pk=entry_id).first()


def trail_is_long(asked: TrailFilter, *, scope: Scope, reader: Reader) -> bool:
    """Return whether a file would have more than MOST_STREAMED entries, or it takes too long to tell.

    Takes one query, and two more where `asked` names a person.
    """
    try:
        with time_limit(QUERY_SECONDS):
            rows: QuerySet[Any, Any]
            if asked.unsettled:
                rows = not_confirmed_changes(asked, scope=scope)
            else:
                rows = trail_selection(asked, scope=scope, reader=reader, is_foldable=False, is_whole=True).rows
            return bool(rows.order_by().values_list("pk")[MOST_STREAMED : MOST_STREAMED + 1])
    except TooSlow:
        return True


def trail_entries(asked: TrailFilter, *, scope: Scope, reader: Reader) -> Iterator[Entry]:
    """Return the entries that the page of `asked` shows, newest first, with those of operations' changes."""
    for entries in trail_entry_pages(asked, scope=scope, reader=reader):
        yield from entries


def trail_entry_pages(
    asked: TrailFilter, *, scope: Scope, reader: Reader, as_of: AsOf | None = None, after: int | None = None
) -> Iterator[list[Entry]]:
    """Return these entries in lists of AT_A_TIME, from the first that comes after the entry with the id `after`.

    What comes while they are read is left out: each query goes on where the one before ended. Stored entries
    have their body as text, in `body_json`. For `as_of` see `trail_selection`. Changes that are not confirmed know no
    `after`: as lines of the trail they have no id.
    """
    if asked.unsettled:
        yield from _not_confirmed(asked, scope, as_of)
        return
    selected = trail_selection(asked, scope=scope, reader=reader, is_foldable=False, is_whole=True, as_of=as_of).rows
    # A file holds the body as JSON: read and written again it would cost half of the time.
    rows: QuerySet[Any, Any] = (
        selected.order_by("-at", "-pk").defer("body").annotate(body_json=Cast("body", TextField()))
    )
    left = rows if after is None else Cursor(after).older(rows)
    while entries := list(left[:AT_A_TIME]):
        yield entries
        left = Cursor(entries[-1].pk).older(rows)


def _not_confirmed(asked: TrailFilter, scope: Scope, as_of: AsOf | None) -> Iterator[list[Entry]]:
    entries: list[Entry] = []
    for change in not_confirmed_changes(asked, scope=scope, as_of=as_of).iterator(AT_A_TIME):
        entries.append(as_entry(change))
        if len(entries) == AT_A_TIME:
            yield entries
            entries = []
    if entries:
        yield entries
