"""The batches and the requests of contract current, in bodies and in answers."""

import zlib
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field

from sandbox.schema import NewBatch
from sandbox.store import Row, Store

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
Rate = Annotated[int, Field(ge=1, le=3600)]


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
            details[status].setdefault("counts", {})[channel] = number
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
