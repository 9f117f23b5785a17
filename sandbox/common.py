"""A contract, and the requests that every contract handles alike. Each contract has a module of its own.

Where the API's documents are silent:
- The holder of the key is the author of every write that names none.
- Deleting a batch that is already CANCELED keeps the first time and reason.
- A list accepts `fields` but answers every field: answers promise more than `fields` can name.
- `status` of results is that of the channel manager (`BUSY`) or the request's own (`PENDING`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from sandbox.contract import Answer, Handler, Refusal, Request, Route, invalid
from sandbox.hours import Zone
from sandbox.listing import ListQuery, page_answer
from sandbox.schema import CampaignInput, CommunicationRequest, DeleteForm, NewBatch, ReferenceIds, with_odd_fields
from sandbox.store import Store
from sandbox.tables import Row

KEY_HOLDER = "api-key@example.com"
BATCHES = "/api/v1/outbound/batches"
CAMPAIGNS = "/api/v1/outbound/campaigns"
# Only a single batch comes with them.
COUNTS = ("status_counts", "detailed_status_counts")


@dataclass(frozen=True)
class Contract:
    """One published revision of the API: its bodies, its answers and its routes.

    `batch_columns` and `campaign_columns` are the SQL of fields that are no column of the store. `write_batch` changes
    the batch of a row as the body of a PUT, a `batch_update`, says. `result_filters` maps a query's name to the fields
    of a result, or of its row, one of which must have the requested value. `zone` tells in which zone a campaign calls.
    No other contract has the `more_routes`.
    """

    name: str
    batch_query: type[ListQuery[Any]]
    batch_columns: Mapping[str, str]
    batch_input: type[NewBatch]
    batch_update: type[BaseModel]
    write_batch: Callable[[Store, Row, Any], None]
    batch_fields: Callable[[Row], Row]
    batch_counts: Callable[[Store, str], Row]
    campaign_query: type[ListQuery[Any]]
    campaign_columns: Mapping[str, str]
    campaign_input: type[CampaignInput]
    campaign_fields: Callable[[Row], Row]
    result_filters: Mapping[str, tuple[str, ...]]
    show_result: Callable[[Row], Row]
    zone: Zone
    more_routes: tuple[Route, ...] = ()

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Return the routes of every contract, and those of this one alone."""
        return (
            Route("GET", BATCHES, self.list_batches),
            Route("POST", BATCHES, self.create_batch),
            Route("GET", BATCHES + "/{batch_id}", self.get_batch),
            Route("PUT", BATCHES + "/{batch_id}", self.put_batch),
            Route("DELETE", BATCHES + "/{batch_id}", delete_batch),
            Route("GET", BATCHES + "/{batch_id}/results", self.list_results),
            Route("POST", BATCHES + "/{batch_id}/requests", add_request),
            Route("POST", BATCHES + "/{batch_id}/remove-requests", remove_requests),
            Route("GET", CAMPAIGNS, self.list_campaigns),
            Route("POST", CAMPAIGNS, self.create_campaign),
            Route("GET", CAMPAIGNS + "/{campaign_id}", self.get_campaign),
            Route("PUT", CAMPAIGNS + "/{campaign_id}", self.replace_campaign),
            *self.more_routes,
        )

    def route(self, request: Request) -> tuple[Handler, Request]:
        """Return the handler of a request, and the request with its `params`. Raises the Refusal (404 or 405)."""
        allowed = []
        for route in self.routes:
            params = route.match(request.path)
            if params is None:
                continue
            if route.method == request.method:
                return route.handler, replace(request, params=params)
            allowed.append(route.method)
        if allowed:
            raise Refusal(405, "Method Not Allowed", headers={"Allow": ", ".join(allowed)})
        raise Refusal(404, "Not Found")

    def show_batch(self, store: Store, batch_id: str) -> Row | None:
        """Show a batch as GET answers it: with its counts; None where there is none."""
        with store.transaction():
            row = store.batch(batch_id)
            return row and with_odd_fields(self.batch_fields(row) | self.batch_counts(store, batch_id), row)

    def show_listed_batch(self, row: Row) -> Row:
        """Show a batch as a list or a PUT answers it: without its counts."""
        shown = with_odd_fields(self.batch_fields(row), row)
        return {name: value for name, value in shown.items() if name not in COUNTS}

    def show_campaign(self, row: Row) -> Row:
        """Show a campaign as every answer does."""
        return with_odd_fields(self.campaign_fields(row), row)

    def list_batches(self, store: Store, request: Request) -> Answer:
        """Answer a page of batches, searched, bounded in time and ordered."""
        query = request.read_query(self.batch_query)
        found = store.find_batches(query.search(key="batch_id", contains="batch_id", columns=self.batch_columns))
        return page_answer(*found, query, self.show_listed_batch)

    def get_batch(self, store: Store, request: Request) -> Answer:
        """Answer one batch with its counts, or 404."""
        batch_id = find_batch(store, request.params["batch_id"])["batch_id"]
        return Answer(payload=self.show_batch(store, batch_id))

    def create_batch(self, store: Store, request: Request) -> Answer:
        """Create a batch without requests. Answers 422 where its id exists already or its campaign does not."""
        body = request.read_json(self.batch_input)
        columns = body.columns()
        with store.transaction():
            if store.campaign(body.campaign_id) is None:
                raise invalid("body", "campaign_id", "Campaign does not exist")
            if store.batch(body.batch_id) is not None:
                raise invalid("body", "batch_id", "Batch already exists")
            store.add_batch(**columns, last_updated_by=KEY_HOLDER)
            return Answer(payload=self.show_listed_batch(find_batch(store, body.batch_id)))

    def put_batch(self, store: Store, request: Request) -> Answer:
        """Change a batch in the contract's own way."""
        body = request.read_json(self.batch_update)
        with store.transaction():
            row = find_batch(store, request.params["batch_id"])
            self.write_batch(store, row, body)
            return Answer(payload=self.show_listed_batch(find_batch(store, row["batch_id"])))

    def list_results(self, store: Store, request: Request) -> Answer:
        """Answer all requests of a batch with their outcomes, filtered as the contract allows."""
        filters = self.result_filters.items()
        asked = {fields: request.query[name][-1] for name, fields in filters if name in request.query}
        results = []
        for row in store.requests(find_batch(store, request.params["batch_id"])["batch_id"]):
            shown = self.show_result(row)
            known = row | shown
            if all(any(known[field] == value for field in fields) for fields, value in asked.items()):
                results.append(shown)
        return Answer(payload=results)

    def list_campaigns(self, store: Store, request: Request) -> Answer:
        """Answer a page of campaigns, searched, bounded in time and ordered."""
        query = request.read_query(self.campaign_query)
        found = store.find_campaigns(query.search(key="id", contains="campaign_name", columns=self.campaign_columns))
        return page_answer(*found, query, self.show_campaign)

    def get_campaign(self, store: Store, request: Request) -> Answer:
        """Answer one campaign, or 404."""
        return Answer(payload=self.show_campaign(find_campaign(store, request.params["campaign_id"])))

    def create_campaign(self, store: Store, request: Request) -> Answer:
        """Create a campaign."""
        body = request.read_json(self.campaign_input)
        campaign_id = store.add_campaign(**body.columns(), last_updated_by=KEY_HOLDER)
        return Answer(payload=self.show_campaign(find_campaign(store, str(campaign_id))))

    def replace_campaign(self, store: Store, request: Request) -> Answer:
        """Replace the whole campaign, except for columns that the contract does not know."""
        body = request.read_json(self.campaign_input)
        with store.transaction():
            row = find_campaign(store, request.params["campaign_id"])
            columns = body.columns()
            columns["more"] = {**row["more"], **columns["more"]}
            columns |= {"updated_at": store.clock.text(), "last_updated_by": KEY_HOLDER, "extra": {}, "omit": []}
            store.change_campaign(row["id"], **columns)
            return self.get_campaign(store, request)


def find_batch(store: Store, batch_id: str) -> Row:
    """Return a batch's row. Raises Refusal (404)."""
    row = store.batch(batch_id)
    if row is None:
        raise Refusal(404, "Batch not found")
    return row


def find_campaign(store: Store, campaign_id: str) -> Row:
    """Return a campaign's row. Raises Refusal (404)."""
    row = store.campaign(int(campaign_id)) if re.fullmatch("[0-9]{1,18}", campaign_id) else None
    if row is None:
        raise Refusal(404, "Campaign not found")
    return row


def delete_batch(store: Store, request: Request) -> Answer:
    """Cancel a batch with a reason, and its requests that were not started. Answers null."""
    form = request.read_form(DeleteForm)
    with store.transaction():
        row = find_batch(store, request.params["batch_id"])
        if row["status"] != "CANCELED":
            now = store.clock.text()
            touched = {"last_updated_at": now, "last_updated_by": KEY_HOLDER}
            reason = form.delete_reason
            store.change_batch(row["batch_id"], status="CANCELED", deleted_at=now, deleted_reason=reason, **touched)
            store.cancel_pending_requests(row["batch_id"])
    return Answer(payload=None)


def add_request(store: Store, request: Request) -> Answer:
    """Add one request. Answers 422 where its `reference_id` exists already."""
    body = request.read_json(CommunicationRequest)
    with store.transaction():
        row = find_batch(store, request.params["batch_id"])
        if store.has_request(row["batch_id"], body.reference_id):
            raise invalid("body", "reference_id", "Request already exists in this batch")
        store.add_requests(row["batch_id"], [body.model_dump()])
        store.count_requests(row["batch_id"])
    return Answer(payload=body.model_dump())


def remove_requests(store: Store, request: Request) -> Answer:
    """Remove requests by their `reference_id`; unknown ones are no error. Answers null."""
    reference_ids = request.read_json(ReferenceIds).root
    with store.transaction():
        row = find_batch(store, request.params["batch_id"])
        store.remove_requests(row["batch_id"], reference_ids)
        store.count_requests(row["batch_id"])
    return Answer(payload=None)
