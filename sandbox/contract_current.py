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
- A campaign calls in the zone of its agent. Nobody can assign an agent by the API: `agent_id` is in no body.
- Deleting a campaign leaves its batches where they are.
"""

import zlib
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel

from sandbox.agents_current import ROUTES as AGENT_ROUTES
from sandbox.campaigns_current import SEARCHED_IN_MORE, CampaignProperties, OutboundCampaignInput, campaign_fields
from sandbox.common import CAMPAIGNS, KEY_HOLDER, Contract, find_campaign
from sandbox.contract import Answer, Request, Route, invalid
from sandbox.hours import agent_zone
from sandbox.listing import ListQuery
from sandbox.schema import NewBatch, Rate, status_column
from sandbox.store import Store
from sandbox.tables import Row
from sandbox.times import moment

BATCH_COLUMNS = (
    "batch_id", "campaign_id", "expires_on", "created_at", "deleted_at", "deleted_reason", "last_updated_at",
    "last_updated_by",
)  # fmt: skip
BATCH_MORE: Row = {
    "call_rate": None, "auto_call_rate": False, "auto_call_rate_baseline": None, "upload_filename": None,
    "dispatch_id": None, "error_message": None,
}  # fmt: skip
RESULT_FIELDS = (
    "reference_id", "target", "request_variables", "channel_manager_sid", "created_at", "sent_at", "attempt_count",
    "session_id", "conversation_id", "insights_status", "insights",
)  # fmt: skip
SHOWN_STATUS = {"IDLE": "ACTIVE"}
CHANNEL_MANAGER_STATUS = {"NO_ANSWER": "NO-ANSWER", "IN_PROGRESS": "IN-PROGRESS", "INITIATED": "QUEUED"}
CARRIERS = (
    {"line_type": "mobile", "carrier_name": "Example Wireless", "mcc": "310", "mnc": "010"},
    {"line_type": "landline", "carrier_name": "Example Telephone", "mcc": None, "mnc": None},
    {"line_type": "voip", "carrier_name": "Example Voice", "mcc": "313", "mnc": "410"},
)
CLEARED_BY_NULL = ("expires_on", "call_rate")


# The fields by which batches can be searched and ordered.
BatchProperties = StrEnum("BatchProperties", "batch_id campaign_id status expires_on last_updated_at")


class CommunicationBatchInput(NewBatch):
    """The body that creates a batch."""

    expires_on: datetime | None = None
    paused: bool | None = None
    call_rate: Rate | None = None
    auto_call_rate: bool = False

    def columns(self) -> Row:
        """Return the batch's columns in the store."""
        given = self.model_dump(mode="json")
        status = "PAUSED" if given.pop("paused") else "PENDING"
        return {"status": status, "more": {name: given.pop(name) for name in ("call_rate", "auto_call_rate")}, **given}


class CommunicationBatchUpdate(BaseModel):
    """The body that updates a batch."""

    paused: bool | None = None
    expires_on: datetime | None = None
    call_rate: Rate | None = None
    auto_call_rate: bool | None = None


def batch_fields(row: Row) -> Row:
    """Return the fields of a batch without its counts."""
    shown = {name: row[name] for name in BATCH_COLUMNS}
    shown |= {name: row["more"].get(name, default) for name, default in BATCH_MORE.items()}
    return {**shown, "status": SHOWN_STATUS.get(row["status"], row["status"]), "paused": row["status"] == "PAUSED"}


def batch_counts(store: Store, batch_id: str) -> Row:
    """Return the counts of a single batch."""
    totals: dict[str, int] = {}
    details: dict[str, Row] = {}
    for group in store.channel_manager_counts(batch_id):
        status, number = group["status"], group["number"]
        totals[status] = totals.get(status, 0) + number
        details.setdefault(status, {})["total_count"] = totals[status]
        channel = _channel_manager_status(group)
        if channel is not None:
            counts = details[status].setdefault("counts", {})
            counts[channel] = counts.get(channel, 0) + number
    return {"status_counts": totals, "detailed_status_counts": details}


def show_result(row: Row) -> Row:
    """Show a request as the results do, with the lookup of its number."""
    enrichment = _looked_up(row["target"])
    return {
        **{name: row[name] for name in RESULT_FIELDS},
        "request_status": row["status"],
        "channel_manager_status": _channel_manager_status(row),
        "line_type": enrichment and enrichment["line_type"],
        "enrichment": enrichment,
    }


def _channel_manager_status(row: Row) -> str | None:
    status: str | None = row["channel_manager_status"]
    return CHANNEL_MANAGER_STATUS.get(status, status) if status else status


def _looked_up(target: object) -> Row | None:
    """Look up a number: the same number always has the same line, and anything else has none."""
    if not isinstance(target, str) or not target.startswith("+"):
        return None
    carrier: Row = CARRIERS[zlib.crc32(target.encode("utf-8", "replace")) % len(CARRIERS)]
    return {**carrier, "error_code": None}


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
        status=_status(row, given, store.clock.now()),
        expires_on=expires_on,
        more=more,
        extra={name: value for name, value in row["extra"].items() if name not in given},
        omit=[name for name in row["omit"] if name not in given],
        last_updated_at=store.clock.text(),
        last_updated_by=KEY_HOLDER,
    )


def _status(row: Row, given: Row, now: datetime) -> str:
    status: str = row["status"]
    paused = given.get("paused")
    if status == "EXPIRED":
        expires = moment(given.get("expires_on"))
        if expires is None or expires <= now.timestamp():
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
    zone=agent_zone,
    more_routes=(Route("DELETE", CAMPAIGNS + "/{campaign_id}", delete_campaign), *AGENT_ROUTES),
)
