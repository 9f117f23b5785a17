"""Contract 2025-04 of the outbound API: what differs from `common.py`.

Where the API's document is silent:
- A PUT that leaves out `created_at` keeps it: the document gives it no default and no null. Everything else that is
  left out falls back to its default, which is PENDING for `status` and null for the rest.
- `campaign_id` of a PUT must be the batch's own: a batch does not move.
- A timestamp that cannot be read is refused, unless it is the one already stored: odd data survives a round trip.
- FAILED, which the contract does not know, shows as CANCELED, with the error as the reason.
"""

from sandbox.common import Contract
from sandbox.contract import invalid
from sandbox.listing import ListQuery
from sandbox.schema import status_column
from sandbox.schema_2025_04 import (
    SHOWN_STATUS,
    BatchProperties,
    BatchStatus,
    CampaignProperties,
    CommunicationBatch,
    CommunicationBatchInput,
    OutboundCampaignInput,
    batch_counts,
    batch_fields,
    campaign_fields,
    show_result,
)
from sandbox.store import Row, Store
from sandbox.times import moment, now_text

TIMESTAMPS = ("expires_on", "created_at", "deleted_at", "last_worked_on")


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
    store.change_batch(row["batch_id"], **columns, omit=[], last_updated_at=now_text())
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
)
