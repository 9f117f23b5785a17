"""Samples: the counts of a batch's requests over time, and what ended in its campaign."""

from datetime import datetime, timedelta
from typing import Protocol

from django.db.models import F

from batches.models import CampaignSample, Sample, Sighting

BUCKET = timedelta(minutes=5)


class Counted(Protocol):
    """A row before it was counted again."""

    ended: int | None
    failed: int | None
    counted_at: datetime | None


def sample_add(row: Sighting, *, before: Counted) -> None:
    """Add a sample of a batch that was just counted, and what ended since `before` to the campaign's samples."""
    assert row.counted_at is not None, "the row was just counted"
    at, ended, failed = row.counted_at, row.ended or 0, row.failed or 0
    sample = Sample(
        sighting=row, at=at, pending=row.pending or 0, under_way=row.under_way or 0, ended=ended, failed=failed
    )
    Sample.objects.bulk_create([sample], ignore_conflicts=True)
    if before.counted_at is None or before.ended is None or before.failed is None or before.counted_at >= at:
        return
    # Of a longer time the bucket gets its share: nobody knows when in it the requests ended.
    share = min(1.0, BUCKET / (at - before.counted_at))
    ended, failed = (round(max(0, now - was) * share) for now, was in ((ended, before.ended), (failed, before.failed)))
    if ended or failed:
        _campaign_sample_add(row.campaign_id, at, ended=max(ended, failed), failed=failed)


def bucket_of(at: datetime) -> datetime:
    """Return the beginning of the five minutes that `at` is in."""
    return at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)


def _campaign_sample_add(campaign_id: int | None, at: datetime, *, ended: int, failed: int) -> None:
    bucket = CampaignSample.objects.filter(campaign_id=campaign_id, at=bucket_of(at))
    if not bucket.update(ended=F("ended") + ended, failed=F("failed") + failed):
        CampaignSample.objects.create(
            campaign_id=campaign_id,
            at=bucket_of(at),
            active=0,
            pending=0,
            under_way=0,
            ended=ended,
            failed=failed,
        )
