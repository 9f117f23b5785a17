"""`python -m benchmarks.peer.fill_views BATCHES CAMPAIGNS`: fill an empty database as a watcher does in years."""

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from batches.models import CampaignSample, CampaignSighting, Sighting, WatchState  # noqa: E402
from syllable.schemas import BatchStatus  # noqa: E402

AT_A_TIME = 5000
# Whatever the number of all.
NOT_OVER = 150
CALLING = 20
RUNNING = (BatchStatus.ACTIVE, BatchStatus.IDLE, BatchStatus.PENDING, BatchStatus.PAUSED)
OVER = (BatchStatus.EXPIRED, BatchStatus.CANCELED)
SAMPLES = 12 * 24
# So that the watcher counts as looking while the pages are measured.
A_WHILE = timedelta(hours=1)


def main(batches: int, campaigns: int) -> None:
    """Add the batches, newest first, with their campaigns and the samples of a day."""
    now = timezone.now()
    statuses: dict[int, Counter[str]] = {number: Counter() for number in range(campaigns)}
    rows = _sightings(batches, campaigns, now, statuses)
    while some := list(islice(rows, AT_A_TIME)):
        Sighting.objects.bulk_create(some)
    CampaignSighting.objects.bulk_create(_campaign(number, statuses[number], now) for number in range(campaigns))
    CampaignSample.objects.bulk_create(_samples(now), batch_size=AT_A_TIME)
    WatchState.objects.create(pk=1, looked_at=now, full_look_at=now, tried_at=now + A_WHILE)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _sightings(batches: int, campaigns: int, now: datetime, statuses: dict[int, Counter[str]]) -> Iterator[Sighting]:
    for number in range(batches):
        is_over = number >= NOT_OVER
        status = OVER[number % 2] if is_over else RUNNING[number % 4]
        batch_id, campaign_id = f"{20200101 + number // 50}.{number % 50}", number % campaigns
        expires_at = now + timedelta(hours=-number if is_over else number % 60)
        created_at = now - timedelta(minutes=number * 20)
        statuses[campaign_id][status] += 1
        yield Sighting(
            batch_id=batch_id,
            campaign_id=campaign_id,
            status=status,
            is_over=is_over,
            expires_at=expires_at,
            created_at=created_at,
            seen_at=now,
            first_seen_at=created_at,
            counted_at=now,
            total=200,
            pending=0 if is_over else 120,
            under_way=0 if is_over else 8,
            ended=200 if is_over else 72,
            failed=9,
            pace=None if is_over else 2.5,
            raw={
                "batch_id": batch_id,
                "campaign_id": campaign_id,
                "status": status,
                "expires_on": expires_at.isoformat(),
                "created_at": created_at.isoformat(),
                "last_worked_on": now.isoformat(),
                "last_updated_by": "owner@example.com",
                "count": 200,
                "deleted_reason": "The list was out of date, and the people on it had been called before." * 3,
            },
        )


def _campaign(number: int, statuses: Counter[str], now: datetime) -> CampaignSighting:
    open_batches = sum(count for status, count in statuses.items() if status not in OVER)
    return CampaignSighting(
        campaign_id=number,
        name=f"Campaign number {number}",
        raw={
            "id": number,
            "campaign_name": f"Campaign number {number}",
            "source": "+15550100",
            "daily_start_time": "09:00:00",
            "daily_end_time": "17:00:00",
            "timezone": "America/Chicago",
        },
        batches=statuses.total(),
        running=open_batches,
        statuses=dict(statuses),
        total=200 * open_batches,
        pending=120 * open_batches,
        under_way=8 * open_batches,
        ended=72 * open_batches,
        failed=9 * open_batches,
        next_expiry=now + timedelta(hours=number),
        seen_at=now,
        totalled_at=now,
    )


def _samples(now: datetime) -> Iterator[CampaignSample]:
    for number in range(SAMPLES):
        for campaign_id in range(CALLING):
            yield CampaignSample(
                campaign_id=campaign_id,
                at=now - timedelta(minutes=5 * number),
                active=3,
                pending=360,
                under_way=24,
                ended=40,
                failed=4,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
