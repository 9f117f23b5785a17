"""The API within somebody's scope: every answer leaves out what is outside."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from batches.access import EVERYTHING, Scope
from batches.api_client import syllable_client
from syllable.client import SyllableClient
from syllable.contracts import Contract
from syllable.errors import NotFound, SyllableError
from syllable.evidence import UNKNOWN, ContractChoice
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import Agent, Batch, BatchQuery, Campaign, ChannelTarget, Page

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Reader:
    """The client's reads for somebody with this scope, with the client's arguments and errors.

    Whatever is outside the scope raises NotFound and is missing from lists, so a page may have fewer rows than the API
    gave. The API's own counts are kept only for one campaign inside the scope. In the key of a cache a reader stands
    for the account and the scope.
    """

    client: SyllableClient
    scope: Scope

    @property
    def contract(self) -> Contract:
        return self.client.contract

    @property
    def contracts(self) -> ContractChoice:
        return self.client.contracts

    @property
    def silent_since(self) -> datetime | None:
        return self.client.silent_since

    def within(self, lane: Lane) -> "Reader":
        return Reader(self.client.within(lane), self.scope)

    def learn_contract(self, deadline: Deadline) -> None:
        """Make one small read if nothing has shown the contract yet. Its failure is left for the next read to meet."""
        if self.contract is UNKNOWN:
            with suppress(SyllableError):
                self.client.list_batches(BatchQuery(limit=1), deadline=deadline)

    def list_batches(self, query: BatchQuery, *, deadline: Deadline | None = None) -> Page[Batch]:
        page = self.client.list_batches(query, deadline=deadline)
        return self._part(page, [batch.campaign_id for batch in page.items], of=query.campaign_id)

    def get_batch(self, batch_id: str, *, deadline: Deadline | None = None) -> Batch:
        batch = self.client.get_batch(batch_id, deadline=deadline)
        self._check(batch.campaign_id)
        return batch

    def list_results(self, batch_id: str) -> Page[dict[str, Any]]:
        if self.scope != EVERYTHING:
            # The results do not say which campaign they belong to.
            self.get_batch(batch_id)
        return self.client.list_results(batch_id)

    def list_campaigns(self, *, limit: int, deadline: Deadline | None = None) -> Page[Campaign]:
        page = self.client.list_campaigns(limit=limit, deadline=deadline)
        return self._part(page, [campaign.id for campaign in page.items])

    def all_campaigns(self, *, deadline: Deadline | None = None) -> list[Campaign]:
        campaigns = self.client.all_campaigns(deadline=deadline)
        return [campaign for campaign in campaigns if self.scope.covers(campaign.id)]

    def get_campaign(self, campaign_id: int | str, *, deadline: Deadline | None = None) -> Campaign:
        self._check(campaign_id)
        return self.client.get_campaign(campaign_id, deadline=deadline)

    def list_channel_targets(
        self, page: int, *, limit: int = 100, deadline: Deadline | None = None
    ) -> Page[ChannelTarget]:
        """Return one page of the account's addresses, which belong to no campaign."""
        return self.client.list_channel_targets(page=page, limit=limit, deadline=deadline)

    def get_agent(self, agent_id: int | str, *, deadline: Deadline | None = None) -> Agent:
        """Return an agent of the account, which belongs to no campaign."""
        return self.client.get_agent(agent_id, deadline=deadline)

    def _check(self, campaign_id: int | str | None) -> None:
        if not self.scope.covers(campaign_id):
            raise NotFound

    def _part(self, page: Page[Row], campaign_ids: list[int | str | None], *, of: str = "") -> Page[Row]:
        if self.scope == EVERYTHING:
            return page
        rows = zip(page.items, campaign_ids, strict=True)
        return replace(
            page,
            items=[row for row, campaign_id in rows if self.scope.covers(campaign_id)],
            total_count=page.total_count if self.scope.covers(of) else None,
            is_followed=page.has_next,
        )


def reader(scope: Scope, lane: Lane = Lane.PAGES) -> Reader:
    """Return the reads for somebody with this scope."""
    return Reader(syllable_client(lane), scope)
