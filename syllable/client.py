"""The Syllable API as methods: paths, queries, paging, and answers as the types of `schemas/`."""

import logging
from collections.abc import Sequence
from copy import copy
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

from syllable.contracts import Contract, Write
from syllable.errors import NotFound, SyllableError, UnreadableAnswer
from syllable.evidence import ContractChoice
from syllable.exchanges import Witness
from syllable.paging import pages
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.resilience.latency import Latency
from syllable.schemas import Agent, AnswerT, Batch, BatchQuery, Campaign, ChannelTarget, Page, read_rows
from syllable.transport import Transport

log = logging.getLogger("syllable")

BATCHES = "/api/v1/outbound/batches"
CAMPAIGNS = "/api/v1/outbound/campaigns"
CHANNEL_TARGETS = "/api/v1/channels/targets"
AGENTS = "/api/v1/agents"
CAMPAIGNS_PER_PAGE = 100

Query = list[tuple[str, str | int]]


class SyllableClient:
    """One organization's account, safe to share between threads.

    Every method takes at most `timeout` seconds, or what is left of `deadline` if that is less, and raises a
    SyllableError. Reads are retried where that may help and the lane allows it; a write goes out once. Reads use the
    lane for pages, or the lane given to `within`. Writes use the lane for writes; within the lane for operations they
    stay there. `count` is called with each attempt, and with each call that was turned away before its first.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        contracts: ContractChoice,
        timeout: float = 10.0,
        pool_size: int = 64,
        count: Witness | None = None,
    ) -> None:
        self.contracts = contracts
        self._transport = Transport(base_url, api_key, timeout=timeout, pool_size=pool_size, count=count)
        self._lane = Lane.PAGES
        self._tell: Witness | None = None

    def within(self, lane: Lane) -> Self:
        """Return a client whose reads use another lane.

        It shares this client's connections and what they know of the API.
        """
        client = copy(self)
        client._lane = lane
        return client

    def watched(self, tell: Witness) -> Self:
        """Return a client that calls `tell` with each attempt at each of its calls."""
        client = copy(self)
        client._tell = tell
        return client

    @property
    def contract(self) -> Contract:
        """The contract to expect of the next answer, for whatever is not about one batch (`ContractChoice.known`)."""
        return self.contracts.known

    @property
    def silent_since(self) -> datetime | None:
        """Since when the API has not been answering, None while it does.

        Reads are then refused except for a few attempts.
        """
        return self._transport.bulkhead.breaker.since

    @property
    def held_for(self) -> float:
        """Seconds for which operations make no calls, because the API asked them to wait."""
        return self._transport.bulkhead.rate_limiter.held_for

    @property
    def latency(self) -> Latency:
        """How long the calls of operations take."""
        return self._transport.bulkhead.latency

    @property
    def answered_at(self) -> datetime | None:
        """What the API's clock showed, to the second, at its newest answer; None where the answer did not say."""
        return self._transport.answered_at

    def list_batches(self, query: BatchQuery, *, deadline: Deadline | None = None) -> Page[Batch]:
        """Return one page of batches, which lack `status_counts`."""
        params: Query = [("page", query.page), ("limit", query.limit)]
        for field in ("batch_id", "campaign_id", "status"):
            if value := getattr(query, field):
                params += [("search_fields", field), ("search_field_values", value)]
        if query.order_by:
            direction = "desc" if query.descending else "asc"
            params += [("order_by", query.order_by), ("order_by_direction", direction)]
        answer = self._get(BATCHES, params=params, deadline=deadline)
        page = _page(Batch, answer, page=query.page, limit=query.limit)
        self.contracts.saw(page.items)
        return page

    def get_batch(self, batch_id: str, *, deadline: Deadline | None = None) -> Batch:
        """Return the batch with its `status_counts`. Raises NotFound."""
        batch = Batch.read(self._get(f"{BATCHES}/{_segment(batch_id)}", deadline=deadline))
        if batch.batch_id != batch_id:
            raise UnreadableAnswer("The answer is about another batch.")
        self.contracts.saw([batch])
        return batch

    def send(self, write: Write, *, request_id: str, deadline: Deadline | None = None) -> Batch | None:
        """Send one write, once, with `request_id` as its `X-Request-ID`.

        Returns the batch as the answer shows it, or None where the API accepted the write but the answer shows no such
        batch. Only NotSent, RateLimited and Refused guarantee that nothing changed.
        """
        answer = self._transport.send(
            write.method,
            f"{BATCHES}/{_segment(write.batch_id)}",
            json=write.json,
            form=write.form,
            request_id=request_id,
            deadline=deadline,
            lane=Lane.OPERATIONS if self._lane is Lane.OPERATIONS else Lane.WRITES,
            tell=self._tell,
        )
        batch = Batch.read(answer) if isinstance(answer, dict) else None
        if batch is None or batch.batch_id != write.batch_id:
            return None
        self.contracts.saw([batch])
        return batch

    def speaks_another(self, contract: Contract, batch_id: str, *, deadline: Deadline | None = None) -> bool:
        """Return whether the batch, read again, shows another contract than that of a write which was refused.

        Where a contract is set nothing is read, and a read that fails shows nothing.
        """
        if self.contracts.is_fixed:
            return False
        try:
            batch = self.get_batch(batch_id, deadline=deadline)
        except SyllableError:
            return False
        return self.contracts.of(batch.spoken_contract, otherwise=contract) is not contract

    def list_results(self, batch_id: str) -> Page[dict[str, Any]]:
        """Return the requests of a batch with their outcomes, all on one page, because the API does not page them.

        The rows are raw, for `RequestResult.read`: there may be 25,000, and reading them all takes a second.
        """
        answer = self._get(f"{BATCHES}/{_segment(batch_id)}/results", deadline=None)
        if not isinstance(answer, list):
            raise UnreadableAnswer(f"expected a list of results, got {type(answer).__name__}")
        rows = [row for row in answer if isinstance(row, dict)]
        unreadable = len(answer) - len(rows)
        return Page(rows, page=0, page_size=len(answer), total_count=len(answer), unreadable=unreadable)

    def list_campaigns(self, *, page: int = 0, limit: int = 100, deadline: Deadline | None = None) -> Page[Campaign]:
        """Return one page of campaigns."""
        answer = self._get(CAMPAIGNS, params=[("page", page), ("limit", limit)], deadline=deadline)
        # The API's documents allow null only for this list.
        return _page(Campaign, {"items": []} if answer is None else answer, page=page, limit=limit)

    def all_campaigns(self, *, limit_pages: int = 20, deadline: Deadline | None = None) -> list[Campaign]:
        """Return every campaign from at most `limit_pages` pages of 100."""

        def read(number: int) -> Page[Campaign]:
            return self.list_campaigns(page=number, limit=CAMPAIGNS_PER_PAGE, deadline=deadline)

        read_pages = list(pages(read, most=limit_pages))
        if len(read_pages) == limit_pages and read_pages[-1].has_next:
            log.warning("campaigns beyond page %s are left out", limit_pages)
        return [campaign for page in read_pages for campaign in page.items]

    def get_campaign(self, campaign_id: int | str, *, deadline: Deadline | None = None) -> Campaign:
        """Return the campaign. Raises NotFound."""
        campaign = Campaign.read(self._get(f"{CAMPAIGNS}/{_segment(str(campaign_id))}", deadline=deadline))
        if str(campaign.id) != str(campaign_id):
            raise UnreadableAnswer("The answer is about another campaign.")
        return campaign

    def list_channel_targets(
        self, *, page: int = 0, limit: int = 100, deadline: Deadline | None = None
    ) -> Page[ChannelTarget]:
        """Return one page of the account's addresses, each with the agent behind it."""
        answer = self._get(CHANNEL_TARGETS, params=[("page", page), ("limit", limit)], deadline=deadline)
        return _page(ChannelTarget, answer, page=page, limit=limit)

    def get_agent(self, agent_id: int | str, *, deadline: Deadline | None = None) -> Agent:
        """Return the agent. Raises NotFound."""
        agent = Agent.read(self._get(f"{AGENTS}/{_segment(str(agent_id))}", deadline=deadline))
        if str(agent.id) != str(agent_id):
            raise UnreadableAnswer("The answer is about another agent.")
        return agent

    def _get(self, path: str, *, params: Query | None = None, deadline: Deadline | None) -> Any:
        return self._transport.get(path, params=params or (), deadline=deadline, lane=self._lane, tell=self._tell)


def _segment(identifier: str) -> str:
    """Encode the identifier as one segment of a path. No character is safe, and `.` and `..` would change the path."""
    if not identifier:
        raise NotFound("The id is empty.")
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
