"""The requests of a batch, which the API returns all at once: filtered, paged and masked here."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any

from cachetools import TTLCache
from django.core.paginator import Page, Paginator
from django.utils import timezone

from batches.access import Scope
from batches.selectors.masking import masked, without
from batches.selectors.scoped_reader import Reader, reader
from syllable.schemas import RequestResult, Timestamp, plain_text, told_status

REQUESTS_PER_PAGE = 100
KEPT_SECONDS = 20.0
MOST_KEPT_REQUESTS = 30_000
PENDING = "PENDING"
NO_STATUS = "no status"


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One request with its outcome.

    `status` is the request's own, as batches count it: if the API gives none it is told from the channel manager's, and
    PENDING if nothing was sent. `insights` is JSON text, "" where there are none.
    """

    reference_id: str
    status: str
    channel_manager_status: str
    target: str
    line_type: str
    attempt_count: int | str | None
    created_at: Timestamp | None
    sent_at: Timestamp | None
    session_id: int | str | None
    conversation_id: int | str | None
    insights_status: str
    insights: str

    def masked(self) -> "BatchRequest":
        """Return the request without anything that reveals whom it reached."""
        return replace(
            self,
            reference_id=without(self.reference_id, self.target),
            target=masked(self.target),
            insights=without(self.insights, self.target),
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """The searchable part of one request, read for all, and the rest, read only for those on the page."""

    reference_id: str
    status: str
    channel: str
    raw: dict[str, Any]

    @property
    def masked_reference_id(self) -> str:
        """The reference id, masked, because it may well be the phone number."""
        return without(self.reference_id, plain_text(self.raw.get("target")))


@dataclass(frozen=True, slots=True)
class BatchRequests:
    """All requests of a batch as of `read_at`. `unreadable` counts rows that were no objects."""

    rows: list[Listed]
    unreadable: int
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """Which requests: those with this `status` and `channel` whose reference id contains `reference`; "" for all.

    `status` is as in `BatchRequest`, or else a word of the channel; `reference` matches in any case. Nobody can search
    for what they may not see: unless `in_full`, the search looks at reference ids with targets masked.
    """

    status: str = ""
    channel: str = ""
    reference: str = ""
    in_full: bool = False


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """A page of the chosen requests, with its `rows`.

    `counts` is by status, the most frequent first, of those that match `reference`, and `channels` is by the channel's
    word, of those that have the chosen status too. `total` counts the whole batch.
    """

    page: Page[Listed]
    rows: list[BatchRequest]
    counts: dict[str, int]
    channels: dict[str, int]
    total: int
    unreadable: int
    read_at: datetime


Recent = TTLCache[tuple[Reader, str], BatchRequests]


def requests_page(batch_id: str, choice: Choice, *, scope: Scope, number: str = "1") -> RequestsPage:
    """Return a page of 100; an invalid number, or one past the end, gives the nearest page. Raises SyllableError."""
    listed_requests = batch_requests(batch_id, scope=scope)
    listed = _with_reference(listed_requests.rows, choice)
    counts = Counter(row.status for row in listed)
    of_status = _with_status(listed, choice)
    channels = Counter(row.channel for row in of_status) if choice.status else Counter()
    page = Paginator(_with_channel(of_status, choice), REQUESTS_PER_PAGE).get_page(number)
    rows = [_shown(row, choice) for row in page.object_list]
    total = len(listed_requests.rows)
    return RequestsPage(
        page,
        rows,
        dict(counts.most_common()),
        dict(channels.most_common()),
        total,
        listed_requests.unreadable,
        listed_requests.read_at,
    )


def requests_export(batch_id: str, choice: Choice, *, scope: Scope) -> tuple[Iterator[BatchRequest], int]:
    """Return every chosen request, and how many rows could not be read. Raises SyllableError at once."""
    listed_requests = batch_requests(batch_id, scope=scope)
    listed = _with_channel(_with_status(_with_reference(listed_requests.rows, choice), choice), choice)
    return (_shown(row, choice) for row in listed), listed_requests.unreadable


def batch_requests(batch_id: str, *, scope: Scope) -> BatchRequests:
    """Return all requests of a batch, at most 20 seconds old, from one call. Raises SyllableError.

    The API's own filters are not used: nobody documents what its `status` compares with, so a person who picks a status
    from the page might get no result. And one answer serves every filter and page.
    """
    client = reader(scope)
    with _lock:
        listed_requests = _recent.get((client, batch_id))
    if listed_requests is None:
        answer = client.list_results(batch_id)
        rows = [_listed(row) for row in answer.items]
        listed_requests = BatchRequests(rows, answer.unreadable, timezone.now())
        with _lock:
            _recent[client, batch_id] = listed_requests
    return listed_requests


def forget_requests(batch_id: str, *, scope: Scope) -> None:
    """Drop the batch's cached requests, so that the next read is fresh."""
    with _lock:
        _recent.pop((reader(scope), batch_id), None)


def _with_reference(rows: list[Listed], choice: Choice) -> list[Listed]:
    if not choice.reference:
        return rows
    wanted = choice.reference.casefold()
    if choice.in_full:
        return [row for row in rows if wanted in row.reference_id.casefold()]
    return [row for row in rows if wanted in row.masked_reference_id.casefold()]


def _with_status(rows: list[Listed], choice: Choice) -> list[Listed]:
    if not choice.status:
        return rows
    found = [row for row in rows if row.status == choice.status]
    # No request has the status of its own: then the word is the channel's.
    return found or [row for row in rows if row.channel == choice.status]


def _with_channel(rows: list[Listed], choice: Choice) -> list[Listed]:
    return [row for row in rows if row.channel == choice.channel] if choice.channel else rows


def _listed(raw: dict[str, Any]) -> Listed:
    # No page shows these fields, and they are personal data.
    raw.pop("request_variables", None)
    own, channel = (plain_text(raw.get(field)).strip() for field in ("request_status", "channel_manager_status"))
    nothing = PENDING if raw.get("sent_at") is None else NO_STATUS
    return Listed(plain_text(raw.get("reference_id")), own or told_status(channel) or nothing, channel, raw)


def _shown(listed: Listed, choice: Choice) -> BatchRequest:
    result = RequestResult.read(listed.raw)
    request = BatchRequest(
        reference_id=listed.reference_id,
        status=listed.status,
        channel_manager_status=listed.channel,
        target=result.target,
        line_type=result.line_type or "",
        attempt_count=result.attempt_count,
        created_at=result.created_at,
        sent_at=result.sent_at,
        session_id=result.session_id,
        conversation_id=result.conversation_id,
        insights_status=result.insights_status or "",
        insights=_json(result.insights),
    )
    return request if choice.in_full else request.masked()


def _json(value: object) -> str:
    if value is None or value in ({}, [], ""):
        return ""
    return json.dumps(value, ensure_ascii=False)


def recent_requests(*, seconds: float = KEPT_SECONDS, most: int = MOST_KEPT_REQUESTS) -> Recent:
    """Make a cache of recent reads, so that turning a page does not cost the API up to 32 MiB again.

    Kept in this process: at most `most` requests, but always the latest batch, whatever its size.
    """
    return TTLCache(most, seconds, getsizeof=lambda kept: min(most, max(1, len(kept.rows))))


_recent = recent_requests()
_lock = Lock()
