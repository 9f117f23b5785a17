"""How an answer becomes the columns of a row."""

import json
from datetime import datetime
from typing import Any

from batches.models import Sighting
from batches.models.fields import storable
from batches.services.changes.reconcile import LARGEST_CAMPAIGN_ID
from syllable.schemas import Batch, RequestCounts

# What a column of the database holds.
LARGEST = 2**31 - 1
# Counts come with a single batch alone, and have columns of their own.
COUNTS = ("status_counts", "detailed_status_counts")
# The longest object that is kept whole.
LONGEST_RAW = 32_000


def columns_set(row: Sighting, batch: Batch, *, at: datetime) -> bool:
    """Bring the columns of `row` (unsaved) in line with what was read; return whether any but `seen_at` differs."""
    row.seen_at = at
    raw = kept(batch)
    if row.gone_at is None and row.raw is not None and _plain(row.raw) == _plain(raw):
        return False
    row.raw, row.gone_at = raw, None
    row.campaign_id = campaign_id_of(batch)
    row.status = storable(str(batch.status))[:100]
    row.is_over = getattr(batch.status, "is_over", False)
    row.expires_at = batch.expires_on.at if batch.expires_on else None
    row.created_at = (batch.created_at and batch.created_at.at) or row.first_seen_at
    row.last_updated_at = batch.last_updated_at.at if batch.last_updated_at else None
    row.last_updated_by = storable(batch.last_updated_by)[:320]
    if row.counted_at is None and isinstance(batch.count, int) and 0 <= batch.count <= LARGEST:
        row.total = batch.count
    return True


def counts_set(row: Sighting, batch: Batch, counts: RequestCounts, *, at: datetime) -> None:
    """Set the counts of `row` (unsaved) to those of its requests. What nobody can tell may be under way."""
    row.raw, row.detailed_counts = kept(batch), storable(batch.detailed_status_counts)
    row.total, row.pending, row.under_way = counts.total, counts.pending, counts.under_way + counts.untold
    row.ended, row.failed, row.counted_at = counts.ended, counts.failed, at


def campaign_id_of(batch: Batch) -> int | None:
    """Return the number of the campaign, None where it is none that the database could hold."""
    number = batch.campaign_id
    return number if isinstance(number, int) and abs(number) <= LARGEST_CAMPAIGN_ID else None


def kept(batch: Batch) -> dict[str, Any]:
    """Return the object of the answer as the database holds it; of a very long one only the fields that we know."""
    raw: dict[str, Any] = storable(batch.raw)
    if len(json.dumps(raw, ensure_ascii=False)) <= LONGEST_RAW:
        return raw
    return {name: value for name, value in raw.items() if name in Batch.model_fields and _is_short(value)}


def _is_short(value: Any) -> bool:
    return len(json.dumps(value, ensure_ascii=False)) <= LONGEST_RAW // 20


def _plain(raw: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name not in COUNTS}
