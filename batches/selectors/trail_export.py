"""All entries that a filter shows, for files: a few thousand at a time, so that memory does not grow."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from batches.access import Reader, Scope
from batches.change_entry import as_entry
from batches.selectors.trail_not_confirmed import not_confirmed_changes
from batches.selectors.trail_page import Cursor
from batches.selectors.trail_query import trail_selection
from batches.trail_filter import TrailFilter
from trail.models import Entry

AT_A_TIME = 2000


def trail_entry(entry_id: int, *, scope: Scope, reader: Reader) -> Entry | None:
    """Return one entry, None where there is none that the reader may see."""
    visible = trail_selection(TrailFilter(), scope=scope, reader=reader, is_foldable=False).rows
    return visible.filter(pk=entry_id).first()


def trail_entries(asked: TrailFilter, *, scope: Scope, reader: Reader) -> Iterator[Entry]:
    """Return the entries that the page of `asked` shows, newest first, with those of operations' changes.

    What comes while they are read is left out: each query goes on where the one before ended. Stored entries
    have their body as text, in `body_json`.
    """
    if asked.unsettled:
        yield from map(as_entry, not_confirmed_changes(asked, scope=scope).iterator(AT_A_TIME))
        return
    selected = trail_selection(asked, scope=scope, reader=reader, is_foldable=False, is_whole=True).rows
    # A file holds the body as JSON: read and written again it would cost half of the time.
    rows: QuerySet[Any, Any] = (
        selected.order_by("-at", "-pk").defer("body").annotate(body_json=Cast("body", TextField()))
    )
    left = rows
    while entries := list(left[:AT_A_TIME]):
        yield from entries
        left = Cursor(entries[-1].pk).older(rows)
