"""The bodies and the answers of contract 2025-04."""

import math
from enum import StrEnum
from typing import Any

from sandbox.contract import invalid
from sandbox.schema import CampaignInput, Integer, NewBatch
from sandbox.store import Row, Store
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
