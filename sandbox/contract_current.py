"""Contract current of the outbound API: what differs from `common.py`.

The update of a batch takes `paused`, `expires_on`, `call_rate` and `auto_call_rate`. Anything else is silently dropped,
and what is left out stays as it is. Where the API's document is silent:
- A null clears `expires_on` and `call_rate`; a null in `paused` or `auto_call_rate` changes nothing.
- `paused` is the status: true makes a batch PAUSED, false returns a PAUSED batch to PENDING, or to ACTIVE where it
  has begun. An EXPIRED batch comes back in the same way, but only with a new expiry in the future. Any other
  EXPIRED, FAILED or CANCELED batch keeps its status, and the answer shows that.
- `auto_call_rate` without an expiry is refused, with the error at the field that caused it. The baseline is
  computed again when the batch calls after either has changed, and then kept.
- The author of every write is the key's, since the caller cannot say who it is.
- IDLE, which the contract does not know, shows as ACTIVE, in searches too.
- Deleting a campaign leaves its batches where they are.
"""

from datetime import UTC, datetime

from sandbox.common import CAMPAIGNS, KEY_HOLDER, Contract, find_campaign
from sandbox.contract import Answer, Request, Route, invalid
from sandbox.listing import ListQuery
from sandbox.schema import status_column
from sandbox.schema_current import (
    SHOWN_STATUS,
    BatchProperties,
    CommunicationBatchInput,
    CommunicationBatchUpdate,
    batch_counts,
    batch_fields,
    show_result,
)
from sandbox.schema_current_campaigns import (
    SEARCHED_IN_MORE,
    CampaignProperties,
    OutboundCampaignInput,
    campaign_fields,
)
from sandbox.store import Row, Store
from sandbox.times import moment, now_text

CLEARED_BY_NULL = ("expires_on", "call_rate")


def update_batch(store: Store, row: Row, body: CommunicationBatchUpdate) -> None:
    """Change the fields that are given, as the module says."""
    given = {
        name: value
        for name, value in body.model_dump(mode="json", exclude_unset=True).items()
        if value is not None or name in CLEARED_BY_NULL
    }
    more = row["more"] | {name: given[name] for name in ("call_rate", "auto_call_rate") if name in given}
    expires_on = given.get("expires_on", row["expires_on"])
    if given.keys() & {"expires_on", "auto_call_rate"}:
        if more.get("auto_call_rate") and expires_on is None:
            field = "auto_call_rate" if given.get("auto_call_rate") else "expires_on"
            raise invalid("body", field, "auto_call_rate requires expires_on")
        more["auto_call_rate_baseline"] = None
    store.change_batch(
        row["batch_id"],
        status=_status(row, given),
        expires_on=expires_on,
        more=more,
        extra={name: value for name, value in row["extra"].items() if name not in given},
        omit=[name for name in row["omit"] if name not in given],
        last_updated_at=now_text(),
        last_updated_by=KEY_HOLDER,
    )


def _status(row: Row, given: Row) -> str:
    status: str = row["status"]
    paused = given.get("paused")
    if status == "EXPIRED":
        expires = moment(given.get("expires_on"))
        if expires is None or expires <= datetime.now(UTC).timestamp():
            return status
        return "PAUSED" if paused else _running(row)
    if paused and status not in ("CANCELED", "FAILED"):
        return "PAUSED"
    return _running(row) if status == "PAUSED" and paused is False else status


def _running(row: Row) -> str:
    return "ACTIVE" if row["last_worked_on"] else "PENDING"


def delete_campaign(store: Store, request: Request) -> Answer:
    """Remove a campaign. Answers null."""
    with store.transaction():
        store.remove_campaign(find_campaign(store, request.params["campaign_id"])["id"])
    return Answer(payload=None)


CONTRACT = Contract(
    name="current",
    batch_query=ListQuery[BatchProperties],
    batch_columns={"status": status_column(SHOWN_STATUS)},
    batch_input=CommunicationBatchInput,
    batch_update=CommunicationBatchUpdate,
    write_batch=update_batch,
    batch_fields=batch_fields,
    batch_counts=batch_counts,
    campaign_query=ListQuery[CampaignProperties],
    campaign_columns={name: f"json_extract(more, '$.{name}')" for name in SEARCHED_IN_MORE},
    campaign_input=OutboundCampaignInput,
    campaign_fields=campaign_fields,
    result_filters={
        "reference_id": ("reference_id",),
        "status": ("request_status", "channel_manager_status"),
        "insights_status": ("insights_status",),
    },
    show_result=show_result,
    more_routes=(Route("DELETE", CAMPAIGNS + "/{campaign_id}", delete_campaign),),
)
