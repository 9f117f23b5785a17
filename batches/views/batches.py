"""The list of batches."""

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from batches.access import EDIT, Scope, scope_of
from batches.selectors.batch import abilities
from batches.selectors.batches import BatchList
from batches.selectors.batches import batch_list as read_list
from batches.selectors.changes import change_for_notice
from batches.selectors.sighting_list import MOST_ROWS, sighting_list
from batches.selectors.sightings import listed_progress
from batches.views.decorators import UserRequest, may_view
from batches.views.list_filter import filter_context
from batches.views.list_query import BY_CREATION, DEFAULT_ORDER, PROBLEMS, ListQuery, read_list_query
from batches.views.list_rows import Row, RowMaker
from syllable.schemas import Abilities

COLUMNS = (
    ("batch_id", "Batch"),
    ("campaign_id", "Campaign"),
    ("status", "Status"),
    ("count", "Requests"),
    ("expires_on", "Expires"),
    ("last_worked_on", "Last activity"),
    ("last_updated_by", "Last updated by"),
)
# What a column shows, where the API's name for it differs.
SORTED_AS = {"last_worked_on": "last_updated_at"}
UPDATED = "Last updated"
# The column in its place where the list is sorted by creation.
CREATED = (BY_CREATION, "Created")


@dataclass(frozen=True, slots=True)
class Tab:
    """One status as a filter. `count` is None where unknown."""

    label: str
    link: ListQuery
    count: int | None
    is_current: bool


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column. `link` sorts by it, None where the API cannot; `sorted` is for aria-sort."""

    name: str
    label: str
    link: ListQuery | str | None
    sorted: str


@dataclass(frozen=True, slots=True)
class Pager:
    """Where the reader is. `last` is the last page's number; it and `total` are None where that is not known.

    `is_many` says that there are more than MOST_ROWS.
    """

    first: int
    until: int
    total: int | None
    is_many: bool
    last: int | None
    previous_link: ListQuery | None
    next_link: ListQuery | None


@may_view
@require_safe
def batch_list(request: UserRequest) -> HttpResponse:
    """Show the page, or, for htmx, only its table."""
    address, problems = read_list_query(request.GET, abilities())
    scope = scope_of(request.user)
    batch_list = _read(address, scope)
    if batch_list.is_reordered:
        address, problems["order"] = replace(address, order=DEFAULT_ORDER), PROBLEMS["order"]
    # The read may have shown the contract.
    able = abilities()
    table = table_context(request, address, batch_list, here=str(address))
    if is_refresh(request):
        return refreshed_table(request, table)
    context = (
        table
        | filter_context(address, batch_list, able)
        | {
            "problems": problems,
            "notice": change_for_notice(request.GET.get("change", ""), scope=scope),
            "typed": request.GET.get("q", address.q),
        }
    )
    return render(request, "batches/list.html", context, status=503 if batch_list.page is None else 200)


def _read(address: ListQuery, scope: Scope) -> BatchList:
    """Read the list from the API, or draw what the API has no words for from what the watcher saw."""
    if not address.needs_watcher:
        return read_list(address.query(), scope=scope)
    return sighting_list(
        address.view(),
        order=address.order,
        page=address.page,
        limit=address.limit,
        scope=scope,
        counted=address.query() if address.is_countable else None,
    )


def is_refresh(request: UserRequest) -> bool:
    """Return whether a script requests only the part of the page that it replaces."""
    return request.headers.get("HX-Request") == "true"


def refreshed_table(request: UserRequest, table: dict[str, Any]) -> HttpResponse:
    """Return only the table, or the reason as plain text with a 503 where it cannot be read."""
    if error := table["batch_list"].error:
        return HttpResponse(error.user_message, status=503, content_type="text/plain; charset=utf-8")
    return render(request, "batches/_table.html", table)


def table_context(request: UserRequest, address: ListQuery, batch_list: BatchList, *, here: str) -> dict[str, Any]:
    """Return the context of `batches/_table.html` for the list at `address`; the page at `here` refreshes it."""
    able = abilities()
    headings = _headings(address, able)
    return {
        "address": address,
        "here": here,
        "batch_list": batch_list,
        "tabs": _tabs(address, batch_list, able),
        "headings": headings,
        "labels": labels_of(address, able),
        "rows": _rows(request, address, batch_list),
        "pager": _pager(address, batch_list),
        "campaign_id": "",
        "most_rows": MOST_ROWS,
    }


def labels_of(address: ListQuery, able: Abilities) -> dict[str, str]:
    """Return what the columns of the list at `address` are called, by their names."""
    shown = (_label(name, label, able) for name, label in _columns(address))
    return {name: label for (name, _), label in zip(COLUMNS, shown, strict=True)}


def _tabs(address: ListQuery, batch_list: BatchList, able: Abilities) -> list[Tab]:
    statuses = ["", *able.statuses]
    statuses += [status for status in address.statuses if status not in statuses]
    current = address.statuses or ("",)
    return [
        Tab(status or "All", address.to(status=str(status)), batch_list.counts.get(status), status in current)
        for status in statuses
    ]


def _headings(address: ListQuery, able: Abilities) -> list[Heading]:
    return [_heading(name, _label(name, label, able), address, able) for name, label in _columns(address)]


def _columns(address: ListQuery) -> list[tuple[str, str]]:
    return [CREATED if address.is_by_creation and name in SORTED_AS else (name, label) for name, label in COLUMNS]


def _label(name: str, label: str, able: Abilities) -> str:
    """Return what a column is called: where the API says when a batch was updated, nothing says when it worked."""
    return UPDATED if SORTED_AS.get(name) in able.order_by else label


def _heading(name: str, label: str, address: ListQuery, able: Abilities) -> Heading:
    field = SORTED_AS.get(name, name)
    directions = {field: "ascending", f"-{field}": "descending"}
    other_way = f"-{field}" if address.order == field else field
    link = address.to(order=other_way) if field in (*able.order_by, BY_CREATION) else None
    return Heading(name, label, link, directions.get(address.order, ""))


def _rows(request: UserRequest, address: ListQuery, batch_list: BatchList) -> list[Row]:
    """Return the rows, none where the page could not be read. Stale rows offer no actions."""
    if not batch_list.page:
        return []
    batches = batch_list.page.items
    maker = RowMaker(
        address=address,
        campaign_names=batch_list.campaign_names,
        now=timezone.now() if batch_list.watching else batch_list.read_at,
        has_actions=request.user.has_perm(EDIT) and not batch_list.is_stale,
        progress=listed_progress([batch.batch_id for batch in batches], scope=scope_of(request.user)),
    )
    return [maker.row(batch) for batch in batches]


def _pager(address: ListQuery, batch_list: BatchList) -> Pager | None:
    page = batch_list.page
    if page is None:
        return None
    # The API may return fewer rows than requested, so the numbers go by what it says it returned.
    before = page.page * page.page_size
    return Pager(
        first=before + 1,
        until=before + len(page.items) + page.unreadable,
        total=page.total_count,
        is_many=batch_list.is_many,
        last=None if page.total_count is None else max(1, ceil(page.total_count / page.page_size)),
        previous_link=address.to(page=address.page - 1) if address.page > 1 else None,
        next_link=address.to(page=address.page + 1) if page.has_next else None,
    )
