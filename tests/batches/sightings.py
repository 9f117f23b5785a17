"""Rows as the watcher leaves them."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from batches.models import CampaignSample, CampaignSighting, Sample, Sighting, WatchState
from syllable.schemas import Batch, BatchStatus


def sighting_add(batch_id: str, *, seen_at: datetime | None = None, **fields: Any) -> Sighting:
    """Add a batch as last seen: `fields` are columns of the row, and what `raw` says follows from them."""
    seen_at = seen_at or timezone.now()
    row = Sighting(
        **{
            "batch_id": batch_id,
            "campaign_id": 1,
            "status": BatchStatus.ACTIVE,
            "created_at": seen_at - timedelta(hours=1),
            "seen_at": seen_at,
            "first_seen_at": seen_at - timedelta(minutes=30),
            **fields,
        }
    )
    raw = {
        "batch_id": row.batch_id,
        "campaign_id": row.campaign_id,
        "status": row.status,
        "expires_on": row.expires_at and row.expires_at.isoformat(),
        "created_at": row.created_at.isoformat(),
        "last_updated_by": row.last_updated_by,
        "count": row.total,
    }
    row.raw = fields.get("raw", raw)
    row.is_over = getattr(Batch.read(row.raw).status, "is_over", False)
    row.save()
    return row


def campaign_sighting_add(campaign_id: int | None, *, name: str = "", **fields: Any) -> CampaignSighting:
    """Add a campaign as last seen, with its totals in `fields`."""
    now = timezone.now()
    raw = {"id": campaign_id, "campaign_name": name}
    return CampaignSighting.objects.create(
        **{"campaign_id": campaign_id, "name": name, "raw": raw, "seen_at": now, "totalled_at": now, **fields}
    )


def sample_add(sighting: Sighting, at: datetime, *, pending: int, under_way: int, ended: int, failed: int) -> Sample:
    """Add a sample of the requests of a batch."""
    return Sample.objects.create(
        sighting=sighting, at=at, pending=pending, under_way=under_way, ended=ended, failed=failed
    )


def campaign_sample_add(at: datetime, *, ended: int, failed: int = 0, campaign_id: int | None = 1) -> CampaignSample:
    """Add what happened in the five minutes from `at` in a campaign."""
    return CampaignSample.objects.create(
        campaign_id=campaign_id, at=at, active=1, pending=0, under_way=0, ended=ended, failed=failed
    )


def watch_for_good() -> WatchState:
    """Have the watcher have just looked, in a test that may take long: nobody finds it silent."""
    return watch_state(tried_at=timezone.now() + timedelta(days=1))


def watch_state(**fields: Any) -> WatchState:
    """Set how the watcher is doing: by default it has just looked."""
    now = timezone.now()
    state, _is_new = WatchState.objects.update_or_create(
        pk=1, defaults={"looked_at": now, "full_look_at": now, "tried_at": now, **fields}
    )
    return state
