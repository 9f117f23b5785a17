"""The Syllable API as methods: paths, queries, paging, and answers as the types of `schemas/`."""

import logging
from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

from syllable.contracts import Contract, Write
from syllable.errors import NotFound, UnreadableAnswer
from syllable.paging import pages
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.resilience.latency import Latency
from syllable.schemas import AnswerT, Batch, BatchQuery, Campaign, Page, read_rows
from syllable.transport import Transport

log = logging.getLogger("syllable")

BATCHES = "/api/v1/outbound/batches"
CAMPAIGNS = "/api/v1/outbound/campaigns"
CAMPAIGNS_PER_PAGE = 100

Query = list[tuple[str, str | int]]


class SyllableClient:
    """One organization's account, safe to share between threads.

    Every method takes at most `timeout` seconds, or what is left of `deadline` where that is less, and raises a
    SyllableError. Reads are tried again where that may help; a write goes out once. Reads go in the lane for
    pages, or in that of `within`; writes in that for writes, or in that for operations.
    """

    def __init__(
        self, base_url: str, api_key: str, *, contract: Contract, timeout: float = 10.0, pool_size: int = 64
    ) -> None:
        self.contract = contract
        self._transport = Transport(base_url, api_key, timeout=timeout, pool_size=pool_size)
        self._lane = Lane.PAGES

    def within(self, lane: Lane) -> Self:
        """This client, its connections and what it knows of the API, for reads of another lane."""
        client = copy(self)
        client._lane = lane
        return client

    @property
    def silent_since(self) -> datetime | None:
        """Since when the API has not been answering, None while it does. Reads are then refused but for a few tries."""
        return self._transport.bulkhead.breaker.since

    @property
    def held_for(self) -> float:
        """Seconds for which operations do not call, because the API asked them not to."""
        return self._transport.bulkhead.rate_limiter.held_for

    @property
    def latency(self) -> Latency:
        """How long the calls of operations take."""
        return self._transport.bulkhead.latency

    def list_batches(self, query: BatchQuery, *, deadline: Deadline | None = None) -> Page[Batch]:
        """One page of batches. They come without `status_counts`."""
        params: Query = [("page", query.page), ("limit", query.limit)]
        for field in ("batch_id", "campaign_id", "status"):
            if value := getattr(query, field):
                params += [("search_fields", field), ("search_field_values", value)]
        if query.order_by:
            direction = "desc" if query.descending else "asc"
            params += [("order_by", query.order_by), ("order_by_direction", direction)]
        answer = self._get(BATCHES, params=params, deadline=deadline)
        return _page(Batch, answer, page=query.page, limit=query.limit)

    def get_batch(self, batch_id: str, *, deadline: Deadline | None = None) -> Batch:
        """The batch with its `status_counts`. Raises NotFound."""
        batch = Batch.read(self._get(f"{BATCHES}/{_segment(batch_id)}", deadline=deadline))
        if batch.batch_id != batch_id:
            raise UnreadableAnswer("The answer is about another batch.")
        return batch

    def send(self, write: Write, *, request_id: str, deadline: Deadline | None = None) -> Batch | None:
        """Send one write, once, with `request_id` as its `X-Request-ID`.

        Returns the batch as the answer shows it, None where the API accepted the write but its answer shows no such
        batch. Only NotSent, RateLimited and Refused say that nothing was changed.
        """
        answer = self._transport.send(
            write.method,
            f"{BATCHES}/{_segment(write.batch_id)}",
            json=write.json,
            form=write.form,
            request_id=request_id,
            deadline=deadline,
            lane=Lane.OPERATIONS if self._lane is Lane.OPERATIONS else Lane.WRITES,
        )
        batch = Batch.read(answer) if isinstance(answer, dict) else None
        return batch if batch and batch.batch_id == write.batch_id else None

    def list_results(self, batch_id: str) -> Page[dict[str, Any]]:
        """The requests of a batch with their outcomes: all of them on one page, as the API does not page them.

        They come raw, each to be read by `RequestResult.read`: there may be 25,000, and reading them takes a second.
        """
        answer = self._get(f"{BATCHES}/{_segment(batch_id)}/results", deadline=None)
        if not isinstance(answer, list):
            raise UnreadableAnswer(f"expected a list of results, got {type(answer).__name__}")
        rows = [row for row in answer if isinstance(row, dict)]
        unreadable = len(answer) - len(rows)
        return Page(rows, page=0, page_size=len(answer), total_count=len(answer), unreadable=unreadable)

    def list_campaigns(self, *, page: int = 0, limit: int = 100, deadline: Deadline | None = None) -> Page[Campaign]:
        """One page of campaigns."""
        answer = self._get(CAMPAIGNS, params=[("page", page), ("limit", limit)], deadline=deadline)
        # The documents allow null for this list, and for this list alone.
        return _page(Campaign, {"items": []} if answer is None else answer, page=page, limit=limit)

    def all_campaigns(self, *, limit_pages: int = 20, deadline: Deadline | None = None) -> list[Campaign]:
        """Every campaign, at most `limit_pages` pages of 100."""

        def read(number: int) -> Page[Campaign]:
            return self.list_campaigns(page=number, limit=CAMPAIGNS_PER_PAGE, deadline=deadline)

        read_pages = list(pages(read, most=limit_pages))
        if len(read_pages) == limit_pages and read_pages[-1].has_next:
            log.warning("campaigns beyond page %s are left out", limit_pages)
        return [campaign for page in read_pages for campaign in page.items]

    def get_campaign(self, campaign_id: int | str, *, deadline: Deadline | None = None) -> Campaign:
        """The campaign. Raises NotFound."""
        campaign = Campaign.read(self._get(f"{CAMPAIGNS}/{_segment(str(campaign_id))}", deadline=deadline))
        if str(campaign.id) != str(campaign_id):
            raise UnreadableAnswer("The answer is about another campaign.")
        return campaign

    def _get(self, path: str, *, params: Query | None = None, deadline: Deadline | None) -> Any:
        return self._transport.get(path, params=params or (), deadline=deadline, lane=self._lane)


def _segment(identifier: str) -> str:
    """The identifier as one segment of a path. Nothing is safe, and `.` and `..` are segments with a meaning."""
    if not identifier:
        raise NotFound("There is nothing without an id.")
    encoded = quote(identifier, safe="", errors="surrogatepass")
    return encoded.replace(".", "%2E") if encoded in (".", "..") else encoded


def _page(model: type[AnswerT], answer: Any, *, page: int, limit: int) -> Page[AnswerT]:
    if not isinstance(answer, dict) or "items" not in answer:
        raise UnreadableAnswer("expected a page with items")
    rows = [] if answer["items"] is None else answer["items"]
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise UnreadableAnswer(f"expected a list of items, got {type(rows).__name__}")
    items, unreadable = read_rows(model, rows)
    return Page(
        items=items,
        page=page,
        page_size=_count(answer.get("page_size")) or limit,
        total_count=_count(answer.get("total_count")),
        unreadable=unreadable,
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
