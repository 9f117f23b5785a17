"""The requests of one batch: a page of them, and all of them as a file."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.actor import by
from batches.access import scope_of, sees_targets
from batches.selectors.batch_requests import (
    BatchRequest,
    Choice,
    RequestsPage,
    forget_requests,
    requests_export,
    requests_page,
)
from batches.services.reads import requests_exported, targets_seen
from batches.views.csv_export import csv_response
from batches.views.decorators import UserRequest, may_view
from syllable.errors import NotFound, SyllableError
from syllable.schemas import encodable_json

MOST_TABS = 15
LONGEST_TAB = 50
MOST_INSIGHTS = 20
COLUMNS = (
    "reference_id",
    "status",
    "channel_manager_status",
    "target",
    "line_type",
    "attempt_count",
    "created_at",
    "sent_at",
    "session_id",
    "conversation_id",
    "insights_status",
    "insights",
)


@dataclass(frozen=True, slots=True)
class Tab:
    """One status as a filter, or one word of the channel; "" for all of them."""

    status: str
    count: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One request of the table.

    `rating` stands for the insights until they are opened, "" where the API gave none; `insights` are the others, by
    name, "" for what has no name.
    """

    request: BatchRequest
    rating: str
    insights: list[tuple[str, str]]


@may_view
@require_safe
def request_list(request: UserRequest, batch_id: str) -> HttpResponse:
    """Show a page of 100. `status`, `channel`, `reference` and `page` filter; `fresh` reads the batch again."""
    scope = scope_of(request.user)
    if "fresh" in request.GET:
        forget_requests(batch_id, scope=scope)
        return redirect(_address("batches:request_list", batch_id, request))
    choice = _choice(request)
    try:
        listed_requests = requests_page(batch_id, choice, scope=scope, number=request.GET.get("page", "1"))
    except SyllableError as error:
        return _unavailable(request, batch_id, error, retry=_address("batches:request_list", batch_id, request))
    if choice.in_full and listed_requests.rows:
        number, rows = listed_requests.page.number, len(listed_requests.rows)
        targets_seen(batch_id=batch_id, page=number, rows=rows, **_narrowed(choice), **by(request))
    context = {
        "batch_id": batch_id,
        "choice": choice,
        "listed_requests": listed_requests,
        "error": None,
        "tabs": _tabs(listed_requests.counts, choice.status),
        "channels": _channels(listed_requests, choice),
        "rows": [_row(row) for row in listed_requests.rows],
    }
    return render(request, "batches/requests.html", context)


@may_view
@require_safe
def request_export(request: UserRequest, batch_id: str) -> HttpResponseBase:
    """Export the requests that match `status`, `channel` and `reference`, from all pages, as CSV."""
    choice = _choice(request)
    try:
        rows, unreadable = requests_export(batch_id, choice, scope=scope_of(request.user))
    except SyllableError as error:
        return _unavailable(request, batch_id, error, retry=_address("batches:request_export", batch_id, request))
    requests_exported(batch_id=batch_id, is_masked=not choice.in_full, **_narrowed(choice), **by(request))
    return csv_response(f"requests-{batch_id}", _table(rows, unreadable))


def _row(request: BatchRequest) -> Row:
    try:
        # Masking may have broken an escape, or created one.
        insights = encodable_json(json.loads(request.insights)) if request.insights else {}
    except ValueError:
        insights = request.insights
    if not isinstance(insights, dict):
        return Row(request, "", [("", _text(insights))])
    texts = {name: _text(insights[name]) for name in list(insights)[:MOST_INSIGHTS]}
    return Row(request, texts.pop("rating", ""), list(texts.items()))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _choice(request: UserRequest) -> Choice:
    return Choice(
        status=request.GET.get("status", ""),
        channel=request.GET.get("channel", ""),
        reference=request.GET.get("reference", "").strip(),
        in_full=sees_targets(request.user),
    )


def _narrowed(choice: Choice) -> dict[str, Any]:
    return {"status": choice.channel or choice.status, "is_searched": bool(choice.reference)}


def _tabs(counted: dict[str, int], chosen: str) -> list[Tab]:
    counts = {word: count for word, count in counted.items() if len(word) <= LONGEST_TAB}
    shown = dict(list(counts.items())[:MOST_TABS])
    if chosen:
        shown.setdefault(chosen, counted.get(chosen, 0))
    everything = Tab("", sum(counted.values()), not chosen)
    return [everything, *(Tab(word, count, word == chosen) for word, count in shown.items())]


def _channels(listed_requests: RequestsPage, choice: Choice) -> list[Tab]:
    """Return the words of the channel within the chosen status, nothing where these say no more than the status."""
    is_told_apart = len(listed_requests.channels) > 1 or choice.channel
    tabs = _tabs(listed_requests.channels, choice.channel) if is_told_apart else []
    # The first is for all of them; a request without a word has no filter of its own.
    return [*tabs[:1], *(tab for tab in tabs[1:] if tab.status)]


def _table(rows: Iterable[BatchRequest], unreadable: int) -> Iterator[list[object]]:
    yield list(COLUMNS)
    for row in rows:
        yield [getattr(row, column) for column in COLUMNS]
    if unreadable:
        yield [f"{unreadable} more could not be read"]


def _address(name: str, batch_id: str, request: UserRequest) -> str:
    chosen = {
        field: request.GET[field] for field in ("status", "channel", "reference", "page") if request.GET.get(field)
    }
    return reverse(name, args=[batch_id]) + (f"?{urlencode(chosen)}" if chosen else "")


def _unavailable(request: UserRequest, batch_id: str, error: SyllableError, *, retry: str) -> HttpResponse:
    """Show the reason in place of the requests; the filter stays."""
    context = {
        "batch_id": batch_id,
        "choice": _choice(request),
        "listed_requests": None,
        "error": error,
        "retry": retry,
    }
    return render(request, "batches/requests.html", context, status=404 if isinstance(error, NotFound) else 503)
