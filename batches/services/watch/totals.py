"""The totals of campaigns, recomputed in the database."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, Q, Sum

from batches.models import CampaignSample, CampaignSighting, Sighting
from batches.services.watch.columns import LARGEST
from batches.services.watch.departure import LeaseLost
from batches.services.watch.sample import bucket_of
from common.lease import WorkLease
from syllable.schemas import RUNNING, BatchStatus

CHUNK = 100
COUNTS = ("total", "pending", "under_way", "ended", "failed")
Totals = dict[str, Any]


def campaigns_all() -> set[int | None]:
    """Return all campaigns that have totals, or should have."""
    named = (
        Sighting.objects.order_by()
        .values_list("campaign_id")
        .union(CampaignSighting.objects.values_list("campaign_id"))
    )
    return {number for (number,) in named}


def totals_update(campaign_ids: Collection[int | None], *, at: datetime, lease: WorkLease) -> None:
    """Recompute the totals of these campaigns, and their sample of the five minutes that `at` is in.

    Raises LeaseLost.
    """
    numbers = list(campaign_ids)
    for start in range(0, len(numbers), CHUNK):
        if not lease.renew():
            raise LeaseLost
        _update(numbers[start : start + CHUNK], at, lease)


@transaction.atomic
def _update(numbers: list[int | None], at: datetime, lease: WorkLease) -> None:
    if not lease.keep():
        raise LeaseLost
    totals = _totals(numbers)
    rows = [CampaignSighting(campaign_id=number, totalled_at=at, **totals[number]) for number in numbers]
    columns = ["totalled_at", *totals[numbers[0]]]
    CampaignSighting.objects.bulk_create(
        [row for row in rows if row.campaign_id is not None],
        update_conflicts=True,
        unique_fields=["campaign_id"],
        update_fields=columns,
    )
    for row in rows:
        # Nothing conflicts with NULL.
        without = CampaignSighting.objects.filter(campaign_id=None) if row.campaign_id is None else None
        if without is not None and not without.update(**{name: getattr(row, name) for name in columns}):
            row.save(force_insert=True)
    _samples_update(numbers, at)


def _totals(numbers: Iterable[int | None]) -> dict[int | None, Totals]:
    """Return the columns of the totals by campaign."""
    mine = _of(numbers)
    totals: dict[int | None, Totals] = {number: _none() for number in numbers}
    for number, status, count in mine.values_list("campaign_id", "status").annotate(count=Count("*")):
        total = totals[number]
        total["statuses"] |= {status: count}
        total["batches"] += count
        total["running"] += count if status in RUNNING else 0
    sums = {f"{name}_sum": Sum(name) for name in (*COUNTS, "pace")}
    for row in mine.filter(is_over=False).values("campaign_id").annotate(first=Min("expires_at"), **sums):
        counts = {name: row[f"{name}_sum"] and min(row[f"{name}_sum"], LARGEST) for name in COUNTS}
        totals[row["campaign_id"]] |= counts | {"pace": row["pace_sum"], "next_expiry": row["first"]}
    return totals


def _none() -> Totals:
    return {"statuses": {}, "batches": 0, "running": 0, **dict.fromkeys((*COUNTS, "pace", "next_expiry"))}


def _of(numbers: Iterable[int | None]) -> Any:
    wanted = Q(campaign_id__in=[number for number in numbers if number is not None])
    if None in numbers:
        wanted |= Q(campaign_id=None)
    return Sighting.objects.filter(wanted, gone_at=None).order_by()


def _samples_update(numbers: Iterable[int | None], at: datetime) -> None:
    active = _of(numbers).filter(is_over=False, status=BatchStatus.ACTIVE).values("campaign_id")
    for row in active.annotate(count=Count("*"), waiting=Sum("pending"), calling=Sum("under_way")):
        now = {"active": row["count"], "pending": row["waiting"] or 0, "under_way": row["calling"] or 0}
        now = {name: min(count, LARGEST) for name, count in now.items()}
        bucket = {"campaign_id": row["campaign_id"], "at": bucket_of(at)}
        if not CampaignSample.objects.filter(**bucket).update(**now):
            CampaignSample.objects.create(**bucket, **now, ended=0, failed=0)
