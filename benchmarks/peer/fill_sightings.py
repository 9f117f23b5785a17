"""`python -m benchmarks.peer.fill_sightings 100000`: fill what the watcher saw with so many batches.

One of fifty is not over and one of 200 is active, in 40 campaigns with six hours of samples; operators made decisions.
"""

import sys
from datetime import datetime, timedelta

import django

django.setup()

from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from batches.models import CampaignSample, CampaignSighting, PlatformEvent, Sighting, WatchState  # noqa: E402
from syllable.schemas import BatchStatus  # noqa: E402
from trail.models import Action  # noqa: E402
from trail.services import entry_add  # noqa: E402

CAMPAIGNS = 40
ACTIVE_CAMPAIGNS = 10
DECISIONS = 200
FAILURES = 20
OVER = (BatchStatus.EXPIRED, BatchStatus.CANCELED)
RUNNING = (BatchStatus.ACTIVE, BatchStatus.PENDING, BatchStatus.PAUSED, BatchStatus.IDLE)
STEP = timedelta(minutes=5)


def main(count: int) -> None:
    """Add the rows to an empty database."""
    now = timezone.now()
    Sighting.objects.bulk_create((_sighting(number, now) for number in range(count)), batch_size=1000)
    CampaignSighting.objects.bulk_create(
        CampaignSighting(campaign_id=number, name=f"Campaign {number}", raw={}, seen_at=now, totalled_at=now)
        for number in range(CAMPAIGNS)
    )
    CampaignSample.objects.bulk_create(
        CampaignSample(campaign_id=campaign, at=now - STEP * age, active=9, pending=99, under_way=9, ended=40, failed=6)
        for campaign in range(ACTIVE_CAMPAIGNS)
        for age in range(72)
    )
    PlatformEvent.objects.bulk_create(
        PlatformEvent(
            batch_id=f"1.{number}", campaign_id=number, kind="failed", status_before="ACTIVE", since=now, seen_at=now
        )
        for number in range(FAILURES)
    )
    WatchState.objects.create(pk=1, looked_at=now, full_look_at=now, tried_at=now + timedelta(hours=9))
    operator = User.objects.get(email="operator@example.com")
    for number in range(DECISIONS):
        about = {"batch_id": f"1.{number}", "campaign_id": number % CAMPAIGNS, "change_id": number + 1}
        entry_add(Action.CHANGE_ENDED, actor=operator, kind="pause", outcome="applied", **about)


def _sighting(number: int, now: datetime) -> Sighting:
    at = now - timedelta(minutes=number)
    is_over = number % 50 != 0
    status = OVER[number % 2] if is_over else RUNNING[number // 50 % 4]
    raw = {"batch_id": f"1.{number}", "campaign_id": number % CAMPAIGNS, "status": status, "count": 400}
    return Sighting(
        batch_id=f"1.{number}",
        campaign_id=number % CAMPAIGNS,
        status=status,
        expires_at=now + timedelta(minutes=number % 5000),
        created_at=at,
        last_updated_at=at,
        last_updated_by="operator@example.com",
        raw=raw,
        is_over=is_over,
        seen_at=now,
        first_seen_at=at,
        counted_at=now,
        total=400,
        pending=100,
        under_way=5,
        ended=295,
        failed=40,
        pace=3.5,
        ends_from=now + timedelta(minutes=25),
        ends_until=now + timedelta(minutes=40),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
