"""Contract 2025-04 of the outbound API: its paths, its bodies and its answers.

Where the API's document is silent:
- A PUT that leaves out `created_at` keeps it: the document gives it no default and no null. Everything else that is
  left out falls back to its default, which is PENDING for `status` and null for the rest.
- `campaign_id` of a PUT must be the batch's own: a batch does not move.
- A timestamp that cannot be read is refused, unless it is the one already stored: odd data survives a round trip.
- Who holds the key is the author of what names none: creating and deleting.
- `fields` of a list is accepted and every field is answered all the same: answers promise more than it can name.
- `status` of results is that of the channel manager (`NO_ANSWER`) or the request's own (`PENDING`).
"""

import re

from batches.sandbox.contract import Answer, Contract, Refusal, Request, Route, invalid
from batches.sandbox.listing import ListQuery, page_answer
from batches.sandbox.schema_2025_04 import (
    RESULT_FIELDS,
    BatchProperties,
    BatchStatus,
    CampaignProperties,
    CommunicationBatch,
    CommunicationBatchInput,
    CommunicationRequest,
    DeleteForm,
    OutboundCampaignInput,
    ReferenceIds,
    show_batch,
    show_campaign,
    show_listed_batch,
)
from batches.sandbox.store import Row, Store
from batches.sandbox.times import moment, now_text

KEY_HOLDER = "api-key@example.com"
BATCH_NOT_FOUND = "Batch not found"
TIMESTAMPS = ("expires_on", "created_at", "deleted_at", "last_worked_on")


def _batch(store: Store, batch_id: str) -> Row:
    row = store.batch(batch_id)
    if row is None:
        raise Refusal(404, BATCH_NOT_FOUND)
    return row


def list_batches(store: Store, request: Request) -> Answer:
    """A page of batches, searched, bounded in time and ordered."""
    query = request.read_query(ListQuery[BatchProperties])
    rows, total = store.find_batches(query.search(contains="batch_id"))
    return page_answer(rows, total, query, show_listed_batch)


def get_batch(store: Store, request: Request) -> Answer:
    """One batch with its `status_counts`, or 404."""
    shown = show_batch(store, request.params["batch_id"])
    if shown is None:
        raise Refusal(404, BATCH_NOT_FOUND)
    return Answer(payload=shown)


def create_batch(store: Store, request: Request) -> Answer:
    """A new batch, PENDING and without requests. 422 where its id is taken or its campaign unknown."""
    wish = request.read_json(CommunicationBatchInput)
    if wish.expires_on is not None and moment(wish.expires_on) is None:
        raise invalid("body", "expires_on", "Input should be a valid datetime", "datetime_parsing")
    with store.transaction():
        if store.campaign(wish.campaign_id) is None:
            raise invalid("body", "campaign_id", "Campaign does not exist")
        if store.batch(wish.batch_id) is not None:
            raise invalid("body", "batch_id", "Batch already exists")
        store.add_batch(**wish.model_dump(), last_updated_by=KEY_HOLDER)
        return Answer(payload=show_listed_batch(_batch(store, wish.batch_id)))


def replace_batch(store: Store, request: Request) -> Answer:
    """The whole batch anew, as the module says. Cancelling cancels the requests that were not started."""
    wish = request.read_json(CommunicationBatch)
    with store.transaction():
        row = _batch(store, request.params["batch_id"])
        if wish.batch_id != row["batch_id"]:
            raise invalid("body", "batch_id", "Must be the batch_id of the path")
        if wish.campaign_id != row["campaign_id"]:
            raise invalid("body", "campaign_id", "Must be the campaign_id of the batch")
        columns = wish.model_dump(mode="json")
        if "created_at" not in wish.model_fields_set:
            columns["created_at"] = row["created_at"]
        for name in TIMESTAMPS:
            if columns[name] not in (None, row[name], row["extra"].get(name)) and moment(columns[name]) is None:
                raise invalid("body", name, "Input should be a valid datetime", "datetime_parsing")
        columns["extra"] = {name: value for name, value in row["extra"].items() if name not in columns}
        store.change_batch(row["batch_id"], **columns, omit=[], last_updated_at=now_text())
        if wish.status is BatchStatus.CANCELED:
            store.cancel_pending_requests(row["batch_id"])
        return Answer(payload=show_listed_batch(_batch(store, row["batch_id"])))


def delete_batch(store: Store, request: Request) -> Answer:
    """Cancel a batch, with the reason. Answers null."""
    form = request.read_form(DeleteForm)
    with store.transaction():
        row = _batch(store, request.params["batch_id"])
        store.change_batch(
            row["batch_id"],
            status="CANCELED",
            deleted_at=now_text(),
            deleted_reason=form.delete_reason,
            last_updated_at=now_text(),
            last_updated_by=KEY_HOLDER,
        )
        store.cancel_pending_requests(row["batch_id"])
    return Answer(payload=None)


def list_results(store: Store, request: Request) -> Answer:
    """All requests of a batch with their outcome, filtered by `reference_id` and `status`."""
    reference_id = request.query.get("reference_id", [None])[-1]
    status = request.query.get("status", [None])[-1]
    _batch(store, request.params["batch_id"])
    return Answer(
        payload=[
            {name: row[name] for name in RESULT_FIELDS}
            for row in store.requests(request.params["batch_id"])
            if reference_id in (None, row["reference_id"])
            and status in (None, row["status"], row["channel_manager_status"])
        ]
    )


def add_request(store: Store, request: Request) -> Answer:
    """One more request. 422 where its `reference_id` is taken."""
    wish = request.read_json(CommunicationRequest)
    with store.transaction():
        row = _batch(store, request.params["batch_id"])
        if store.has_request(row["batch_id"], wish.reference_id):
            raise invalid("body", "reference_id", "Request already exists in this batch")
        store.add_requests(row["batch_id"], [wish.model_dump()])
        store.count_requests(row["batch_id"])
    return Answer(payload=wish.model_dump())


def remove_requests(store: Store, request: Request) -> Answer:
    """Remove requests by their `reference_id`; unknown ones are no error. Answers null."""
    reference_ids = request.read_json(ReferenceIds).root
    with store.transaction():
        row = _batch(store, request.params["batch_id"])
        store.remove_requests(row["batch_id"], reference_ids)
        store.count_requests(row["batch_id"])
    return Answer(payload=None)


def _campaign(store: Store, campaign_id: str) -> Row:
    row = store.campaign(int(campaign_id)) if re.fullmatch("[0-9]{1,18}", campaign_id) else None
    if row is None:
        raise Refusal(404, "Campaign not found")
    return row


def list_campaigns(store: Store, request: Request) -> Answer:
    """A page of campaigns, searched, bounded in time and ordered."""
    query = request.read_query(ListQuery[CampaignProperties])
    rows, total = store.find_campaigns(query.search(contains="campaign_name"))
    return page_answer(rows, total, query, show_campaign)


def get_campaign(store: Store, request: Request) -> Answer:
    """One campaign, or 404."""
    return Answer(payload=show_campaign(_campaign(store, request.params["campaign_id"])))


def create_campaign(store: Store, request: Request) -> Answer:
    """A new campaign."""
    wish = request.read_json(OutboundCampaignInput)
    campaign_id = store.add_campaign(**wish.columns(), last_updated_by=KEY_HOLDER)
    return Answer(payload=show_campaign(_campaign(store, str(campaign_id))))


def replace_campaign(store: Store, request: Request) -> Answer:
    """The whole campaign anew."""
    wish = request.read_json(OutboundCampaignInput)
    with store.transaction():
        row = _campaign(store, request.params["campaign_id"])
        columns = wish.columns()
        columns["more"] = {**row["more"], **columns["more"]}
        columns |= {"updated_at": now_text(), "last_updated_by": KEY_HOLDER, "extra": {}, "omit": []}
        store.change_campaign(row["id"], **columns)
        return Answer(payload=show_campaign(_campaign(store, request.params["campaign_id"])))


BATCHES = "/api/v1/outbound/batches"
CAMPAIGNS = "/api/v1/outbound/campaigns"
CONTRACT = Contract(
    name="2025-04",
    routes=(
        Route("GET", BATCHES, list_batches),
        Route("POST", BATCHES, create_batch),
        Route("GET", BATCHES + "/{batch_id}", get_batch),
        Route("PUT", BATCHES + "/{batch_id}", replace_batch),
        Route("DELETE", BATCHES + "/{batch_id}", delete_batch),
        Route("GET", BATCHES + "/{batch_id}/results", list_results),
        Route("POST", BATCHES + "/{batch_id}/requests", add_request),
        Route("POST", BATCHES + "/{batch_id}/remove-requests", remove_requests),
        Route("GET", CAMPAIGNS, list_campaigns),
        Route("POST", CAMPAIGNS, create_campaign),
        Route("GET", CAMPAIGNS + "/{campaign_id}", get_campaign),
        Route("PUT", CAMPAIGNS + "/{campaign_id}", replace_campaign),
    ),
    show_batch=show_batch,
)
