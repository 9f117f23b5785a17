"""Contract 2025-04 of the outbound API: what differs from `common.py`.

Where the API's document is silent:
- A PUT that leaves out `created_at` keeps it: the document gives it no default and no null. Everything else that is
  left out falls back to its default, which is PENDING for `status` and null for the rest.
- `campaign_id` of a PUT must be the batch's own: a batch does not move.
- A timestamp that cannot be read is refused, unless it is the one already stored: odd data survives a round trip.
- FAILED, which the contract does not know, shows as CANCELED, with the error as the reason.
"""

import math
from enum import StrEnum
from typing import Any

from sandbox.common import Contract
from sandbox.contract import invalid
from sandbox.hours import own_zone
from sandbox.listing import ListQuery
from sandbox.schema import CampaignInput, Integer, NewBatch, status_column
from sandbox.store import Store
from sandbox.tables import Row
from sandbox.times import moment

BATCH_FIELDS = (
    "batch_id", "campaign_id", "expires_on", "status", "count", "created_at", "deleted_at", "deleted_reason",
    "last_worked_on", "last_updated_by",
)  # fmt: skip
CAMPAIGN_FIELDS = (
    "campaign_name", "campaign_variables", "daily_start_time", "daily_end_time", "timezone", "source", "rate", "id",
    "created_at", "updated_at", "last_updated_by",
)  # fmt: skip
CAMPAIGN_MORE: Row = {
    "description": None, "label": None, "caller_id": None, "retry_count": 0, "retry_interval": None,
    "pause_seconds": None,
}  # fmt: skip
RESULT_FIELDS = (
    "reference_id", "target", "request_variables", "channel_manager_sid", "created_at", "sent_at", "attempt_count",
    "session_id", "conversation_id", "channel_manager_status", "insights_status", "insights",
)  # fmt: skip
REQUEST_STATUSES = ("PENDING", "INITIATED", "CONNECTED", "COMPLETED", "FAILED", "CANCELED", "DUPLICATE")
SHOWN_STATUS = {"FAILED": "CANCELED"}
TIMESTAMPS = ("expires_on", "created_at", "deleted_at", "last_worked_on")


class BatchStatus(StrEnum):
    """The statuses of a batch in this contract."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    IDLE = "IDLE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


# The fields by which batches, and campaigns, can be searched and ordered.
BatchProperties = StrEnum("BatchProperties", "batch_id campaign_id status expires_on")
CampaignProperties = StrEnum(
    "CampaignProperties", "id campaign_name campaign_variables daily_start_time daily_end_time timezone source"
)


class CommunicationBatchInput(NewBatch):
    """The body that creates a batch."""

    expires_on: str | None = None

    def columns(self) -> Row:
        """Return the batch's columns in the store. Raises Refusal where the expiry cannot be read."""
        if self.expires_on is not None and moment(self.expires_on) is None:
            raise invalid("body", "expires_on", "Input should be a valid datetime", "datetime_parsing")
        return self.model_dump()


class CommunicationBatch(CommunicationBatchInput):
    """The body that replaces a batch."""

    last_updated_by: str
    status: BatchStatus = BatchStatus.PENDING
    count: Integer | None = None
    created_at: str = ""
    deleted_at: str | None = None
    deleted_reason: str | None = None
    last_worked_on: str | None = None


class OutboundCampaignInput(CampaignInput):
    """The body that creates or replaces a campaign."""

    campaign_name: str
    campaign_variables: dict[str, Any]
    daily_start_time: str
    daily_end_time: str
    timezone: str
    caller_id: str | None
    source: str | None = None
    rate: Integer = 1
    description: str | None = None
    label: str | None = None
    retry_count: Integer = 0
    retry_interval: str | None = None
    pause_seconds: Integer | None = None

    def columns(self) -> Row:
        """Return the campaign's columns in the store."""
        given = self.model_dump()
        return {"more": {name: given.pop(name) for name in CAMPAIGN_MORE}, **given}


def batch_fields(row: Row) -> Row:
    """Return the fields of a batch without its counts."""
    shown = {name: row[name] for name in BATCH_FIELDS}
    if row["status"] in SHOWN_STATUS:
        shown["status"] = SHOWN_STATUS[row["status"]]
        shown["deleted_at"] = row["deleted_at"] or row["last_updated_at"]
        shown["deleted_reason"] = row["deleted_reason"] or row["more"].get("error_message")
    return shown


def batch_counts(store: Store, batch_id: str) -> Row:
    """Return the counts of a single batch."""
    counts = store.status_counts(batch_id)
    return {"status_counts": {status: counts[status] for status in REQUEST_STATUSES if status in counts}}


def campaign_fields(row: Row) -> Row:
    """Return the fields of a campaign. A rate below one call a minute shows as one."""
    shown = {name: row[name] for name in CAMPAIGN_FIELDS}
    if isinstance(row["rate"], float):
        shown["rate"] = math.ceil(row["rate"])
    return shown | {name: row["more"].get(name, default) for name, default in CAMPAIGN_MORE.items()}


def show_result(row: Row) -> Row:
    """Show a request as the results do."""
    return {name: row[name] for name in RESULT_FIELDS}


def replace_batch(store: Store, row: Row, body: CommunicationBatch) -> None:
    """Replace the whole batch, as the module says. Cancelling also cancels the requests that were not started."""
    for name, of in (("batch_id", "path"), ("campaign_id", "batch")):
        if getattr(body, name) != row[name]:
            raise invalid("body", name, f"Must be the {name} of the {of}")
    columns = body.model_dump(mode="json")
    if "created_at" not in body.model_fields_set:
        columns["created_at"] = row["created_at"]
    for name in TIMESTAMPS:
        if columns[name] not in (None, row[name], row["extra"].get(name)) and moment(columns[name]) is None:
            raise invalid("body", name, "Input should be a valid datetime", "datetime_parsing")
    columns["extra"] = {name: value for name, value in row["extra"].items() if name not in columns}
    store.change_batch(row["batch_id"], **columns, omit=[], last_updated_at=store.clock.text())
    if body.status is BatchStatus.CANCELED:
        store.cancel_pending_requests(row["batch_id"])


CONTRACT = Contract(
    name="2025-04",
    batch_query=ListQuery[BatchProperties],
    batch_columns={"status": status_column(SHOWN_STATUS)},
    batch_input=CommunicationBatchInput,
    batch_update=CommunicationBatch,
    write_batch=replace_batch,
    batch_fields=batch_fields,
    batch_counts=batch_counts,
    campaign_query=ListQuery[CampaignProperties],
    campaign_columns={},
    campaign_input=OutboundCampaignInput,
    campaign_fields=campaign_fields,
    result_filters={"reference_id": ("reference_id",), "status": ("status", "channel_manager_status")},
    show_result=show_result,
    zone=own_zone,
)
