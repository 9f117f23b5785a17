"""The requests that every contract handles alike. The contract's `Shapes` define their bodies and answers.

Where the API's documents are silent:
- The holder of the key is the author of every write that names none.
- Deleting a batch that is already CANCELED keeps the first time and reason.
- A list accepts `fields` but answers every field: answers promise more than `fields` can name.
- `status` of results is that of the channel manager (`BUSY`) or the request's own (`PENDING`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sandbox.contract import Answer, Handler, Refusal, Request, Route, invalid
from sandbox.listing import ListQuery, page_answer
from sandbox.schema import CampaignInput, CommunicationRequest, DeleteForm, NewBatch, ReferenceIds
from sandbox.store import Row, Store
from sandbox.times import now_text

KEY_HOLDER = "api-key@example.com"
BATCH_NOT_FOUND = "Batch not found"
BATCHES = "/api/v1/outbound/batches"
CAMPAIGNS = "/api/v1/outbound/campaigns"


@dataclass(frozen=True, slots=True)
class Shapes:
    """The bodies and the answers of one contract.

    `batch_columns` and `campaign_columns` are the SQL of fields that are no column of the store. `result_filters` maps
    a query's name to the fields of a result, or of its row, one of which must have the requested value.
    """

    batch_query: type[ListQuery[Any]]
    batch_columns: Mapping[str, str]
    batch_input: type[NewBatch]
    show_batch: Callable[[Store, str], Row | None]
    show_listed_batch: Callable[[Row], Row]
    campaign_query: type[ListQuery[Any]]
    campaign_columns: Mapping[str, str]
    campaign_input: type[CampaignInput]
    show_campaign: Callable[[Row], Row]
    result_filters: Mapping[str, tuple[str, ...]]
    show_result: Callable[[Row], Row]


def routes(shapes: Shapes, *, write_batch: Handler) -> tuple[Route, ...]:
    """Return every contract's routes. `write_batch` handles the PUT of a batch."""
    return (
        Route("GET", BATCHES, partial(list_batches, shapes)),
        Route("POST", BATCHES, partial(create_batch, shapes)),
        Route("GET", BATCHES + "/{batch_id}", partial(get_batch, shapes)),
        Route("PUT", BATCHES + "/{batch_id}", write_batch),
        Route("DELETE", BATCHES + "/{batch_id}", delete_batch),
        Route("GET", BATCHES + "/{batch_id}/results", partial(list_results, shapes)),
        Route("POST", BATCHES + "/{batch_id}/requests", add_request),
        Route("POST", BATCHES + "/{batch_id}/remove-requests", remove_requests),
        Route("GET", CAMPAIGNS, partial(list_campaigns, shapes)),
        Route("POST", CAMPAIGNS, partial(create_campaign, shapes)),
        Route("GET", CAMPAIGNS + "/{campaign_id}", partial(get_campaign, shapes)),
        Route("PUT", CAMPAIGNS + "/{campaign_id}", partial(replace_campaign, shapes)),
    )


def find_batch(store: Store, batch_id: str) -> Row:
    """Return a batch's row. Raises Refusal (404)."""
    row = store.batch(batch_id)
    if row is None:
        raise Refusal(404, BATCH_NOT_FOUND)
    return row


def find_campaign(store: Store, campaign_id: str) -> Row:
    """Return a campaign's row. Raises Refusal (404)."""
    row = store.campaign(int(campaign_id)) if re.fullmatch("[0-9]{1,18}", campaign_id) else None
    if row is None:
        raise Refusal(404, "Campaign not found")
    return row


def list_batches(shapes: Shapes, store: Store, request: Request) -> Answer:
    """Answer a page of batches, searched, bounded in time and ordered."""
    query = request.read_query(shapes.batch_query)
    rows, total = store.find_batches(query.search(contains="batch_id", columns=shapes.batch_columns))
    return page_answer(rows, total, query, shapes.show_listed_batch)


def get_batch(shapes: Shapes, store: Store, request: Request) -> Answer:
    """Answer one batch with its `status_counts`, or 404."""
    shown = shapes.show_batch(store, request.params["batch_id"])
    if shown is None:
        raise Refusal(404, BATCH_NOT_FOUND)
    return Answer(payload=shown)


def create_batch(shapes: Shapes, store: Store, request: Request) -> Answer:
    """Create a batch without requests. Answers 422 where its id exists already or its campaign does not."""
    body = request.read_json(shapes.batch_input)
    columns = body.columns()
    with store.transaction():
        if store.campaign(body.campaign_id) is None:
            raise invalid("body", "campaign_id", "Campaign does not exist")
        if store.batch(body.batch_id) is not None:
            raise invalid("body", "batch_id", "Batch already exists")
        store.add_batch(**columns, last_updated_by=KEY_HOLDER)
        return Answer(payload=shapes.show_listed_batch(find_batch(store, body.batch_id)))


def delete_batch(store: Store, request: Request) -> Answer:
    """Cancel a batch with a reason, and its requests that were not started. Answers null."""
    form = request.read_form(DeleteForm)
    with store.transaction():
        row = find_batch(store, request.params["batch_id"])
        if row["status"] == "CANCELED":
            return Answer(payload=None)
        now = now_text()
        store.change_batch(
            row["batch_id"],
            status="CANCELED",
            deleted_at=now,
            deleted_reason=form.delete_reason,
            last_updated_at=now,
            last_updated_by=KEY_HOLDER,
        )
        store.cancel_pending_requests(row["batch_id"])
    return Answer(payload=None)


def list_results(shapes: Shapes, store: Store, request: Request) -> Answer:
    """Answer all requests of a batch with their outcomes, filtered as the contract allows."""
    asked = {fields: request.query[name][-1] for name, fields in shapes.result_filters.items() if name in request.query}
    find_batch(store, request.params["batch_id"])
    results = []
    for row in store.requests(request.params["batch_id"]):
        shown = shapes.show_result(row)
        known = row | shown
        if all(any(known[field] == value for field in fields) for fields, value in asked.items()):
            results.append(shown)
    return Answer(payload=results)


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


def list_campaigns(shapes: Shapes, store: Store, request: Request) -> Answer:
    """Answer a page of campaigns, searched, bounded in time and ordered."""
    query = request.read_query(shapes.campaign_query)
    rows, total = store.find_campaigns(query.search(contains="campaign_name", columns=shapes.campaign_columns))
    return page_answer(rows, total, query, shapes.show_campaign)


def get_campaign(shapes: Shapes, store: Store, request: Request) -> Answer:
    """Answer one campaign, or 404."""
    return Answer(payload=shapes.show_campaign(find_campaign(store, request.params["campaign_id"])))


def create_campaign(shapes: Shapes, store: Store, request: Request) -> Answer:
    """Create a campaign."""
    body = request.read_json(shapes.campaign_input)
    campaign_id = store.add_campaign(**body.columns(), last_updated_by=KEY_HOLDER)
    return Answer(payload=shapes.show_campaign(find_campaign(store, str(campaign_id))))


def replace_campaign(shapes: Shapes, store: Store, request: Request) -> Answer:
    """Replace the whole campaign, except for columns that the contract does not know."""
    body = request.read_json(shapes.campaign_input)
    with store.transaction():
        row = find_campaign(store, request.params["campaign_id"])
        columns = body.columns()
        columns["more"] = {**row["more"], **columns["more"]}
        columns |= {"updated_at": now_text(), "last_updated_by": KEY_HOLDER, "extra": {}, "omit": []}
        store.change_campaign(row["id"], **columns)
        return Answer(payload=shapes.show_campaign(find_campaign(store, request.params["campaign_id"])))
