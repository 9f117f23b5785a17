"""A page of the trail, by keyset: however deep it is, it costs what the first page costs."""

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from django.db.models import Q, QuerySet, Subquery

from batches.access import Reader, Scope
from batches.change_entry import as_entry
from batches.models import Change
from batches.selectors.time_limit import TooSlow, time_limit
from batches.selectors.trail_not_confirmed import not_confirmed_changes
from batches.selectors.trail_query import Selection, trail_selection, without_ended_starts
from batches.trail_filter import TrailFilter
from common.numbers import whole_number
from trail.models import BESIDE, FOLDED, Entry

ENTRIES_PER_PAGE = 50
DECISIONS = 10
# No more are counted, and no more unconfirmed changes are shown.
MOST_COUNTED = 10_000
MOST_NOT_CONFIRMED = 200
QUERY_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place of an entry in the trail, from where a page goes on."""

    pk: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the inverse of `str`, None for any other text."""
        pk = whole_number(text)
        return None if pk is None else cls(pk)

    @property
    def _at(self) -> Subquery:
        # SQLite compares moments as text, and not all are written with the same number of digits: no other value than
        # the stored one is sure to be equal to it.
        return Subquery(Entry.objects.filter(pk=self.pk).values("at"))

    def older(self, rows: QuerySet[Entry]) -> QuerySet[Entry]:
        """Return those of the rows that come after this place, newest first; none if the entry is gone."""
        # The first condition alone limits what an index is read for.
        return rows.filter(Q(at__lte=self._at) & (Q(at__lt=self._at) | Q(pk__lt=self.pk)))

    def newer(self, rows: QuerySet[Entry]) -> QuerySet[Entry]:
        """Return those of the rows that come before this place."""
        return rows.filter(Q(at__gte=self._at) & (Q(at__gt=self._at) | Q(pk__gt=self.pk)))

    def __str__(self) -> str:
        return str(self.pk)


@dataclass(frozen=True, slots=True)
class TrailPage:
    """Entries, newest first, with the changes they are about by id.

    `older` and `newer` are the cursors of the pages beside this one, None where there is none. `total` is how many
    entries there are, None where that is not known or, with `is_many`, more than MOST_COUNTED. `is_too_slow` says that
    the query was given up. For the rest see `Selection`.
    """

    entries: list[Entry]
    older: Cursor | None = None
    newer: Cursor | None = None
    total: int | None = None
    is_many: bool = False
    is_folded: bool = False
    looked_since: datetime | None = None
    is_too_slow: bool = False
    changes: dict[int, Change] = field(default_factory=dict)


def trail_page(
    asked: TrailFilter, *, scope: Scope, reader: Reader, before: str = "", after: str = "", is_foldable: bool = True
) -> TrailPage:
    """Return the page of entries older than the cursor `before`, or newer than `after`; the first page for neither.

    Takes two queries, and up to three more: where `asked` names a person, where starts of operations are folded away,
    and for the first of several pages of a filter whose index counts its entries.
    """
    if asked.unsettled:
        return _not_confirmed(asked, scope)
    selection = trail_selection(asked, scope=scope, reader=reader, is_foldable=is_foldable)
    try:
        # With an index there is nothing to wait for, and PostgreSQL would be told the limit with each page.
        with nullcontext() if selection.is_indexed else time_limit(QUERY_SECONDS):
            page = _page(selection, Cursor.read(before), Cursor.read(after))
    except TooSlow:
        return TrailPage([], looked_since=selection.looked_since, is_too_slow=True)
    entries = without_ended_starts(page.entries, scope=scope) if page.is_folded else page.entries
    return replace(page, entries=entries, changes=_changes(entries, scope))


def newest_decisions(*, scope: Scope) -> TrailPage:
    """Return the newest decisions about batches, an operation as one of them. Takes up to three queries."""
    decisions = scope.limit(Entry.objects.filter(FOLDED).exclude(BESIDE))
    # The starts of ended operations are left out afterwards.
    found = without_ended_starts(list(decisions.order_by("-at", "-pk")[: 2 * DECISIONS]), scope=scope)[:DECISIONS]
    return TrailPage(found, is_folded=True, changes=_changes(found, scope))


def _page(selection: Selection, before: Cursor | None, after: Cursor | None) -> TrailPage:
    if after and not before:
        found = list(after.newer(selection.rows).order_by("at", "pk")[: ENTRIES_PER_PAGE + 1])
        if len(found) > ENTRIES_PER_PAGE:
            entries = found[ENTRIES_PER_PAGE - 1 :: -1]
            return _told(selection, entries, older=Cursor(entries[-1].pk), newer=Cursor(entries[0].pk))
        # Less than a page is newer: the first page shows these too.
    rows = before.older(selection.rows) if before else selection.rows
    found = list(rows.order_by("-at", "-pk")[: ENTRIES_PER_PAGE + 1])
    entries = found[:ENTRIES_PER_PAGE]
    older = Cursor(entries[-1].pk) if len(found) > ENTRIES_PER_PAGE else None
    return _told(selection, entries, older=older, newer=Cursor(entries[0].pk) if before and entries else None)


def _told(selection: Selection, entries: list[Entry], *, older: Cursor | None, newer: Cursor | None) -> TrailPage:
    total: int | None = None
    if older is None and newer is None and not selection.is_folded:
        total = len(entries)
    elif newer is None and selection.is_countable:
        total = selection.rows.order_by()[: MOST_COUNTED + 1].count()
    is_many = total is not None and total > MOST_COUNTED
    return TrailPage(
        entries,
        older,
        newer,
        None if is_many else total,
        is_many,
        selection.is_folded,
        selection.looked_since,
    )


def _changes(entries: list[Entry], scope: Scope) -> dict[int, Change]:
    named = {entry.change_id for entry in entries if entry.change_id is not None}
    return {change.pk: change for change in scope.limit(Change.objects.filter(pk__in=named))} if named else {}


def _not_confirmed(asked: TrailFilter, scope: Scope) -> TrailPage:
    changes = not_confirmed_changes(asked, scope=scope)
    found = list(changes[: MOST_NOT_CONFIRMED + 1])
    shown = found[:MOST_NOT_CONFIRMED]
    return TrailPage(
        [as_entry(change) for change in shown],
        total=len(shown) if len(shown) == len(found) else None,
        changes={change.pk: change for change in shown},
    )
