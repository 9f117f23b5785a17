"""What the watcher last saw of single batches and campaigns, for pages that show them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max, QuerySet, Sum, Window
from django.db.models.functions import Mod, RowNumber

from batches.access import Scope
from batches.models import CampaignSighting, PlatformEvent, Sample, Sighting
from batches.models.fields import storable
from syllable.schemas import BatchStatus

MOST_POINTS = 200
MOST_EVENTS = 20


@dataclass(frozen=True, slots=True)
class ListedProgress:
    """How far the requests of a batch were at `counted_at`, and where they were heading; None where that is not known.

    For the latter see `Forecast`.
    """

    total: int | None
    ended: int | None
    failed: int | None
    under_way: int | None
    counted_at: datetime | None
    ends_from: datetime | None = None
    ends_until: datetime | None = None
    unreached_from: int | None = None
    unreached_until: int | None = None


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """How many requests of a batch had ended at a moment, and how many of these had failed."""

    at: datetime
    ended: int
    failed: int


@dataclass(frozen=True, slots=True)
class CampaignOutlook:
    """When the active batches of a campaign end, and whom they will not reach; None where it is not known of all."""

    ends_from: datetime | None
    ends_until: datetime | None
    unreached_from: int
    unreached_until: int


def sighting_of(batch_id: str, *, scope: Scope) -> Sighting | None:
    """Return a batch as last seen, None where it never was."""
    return scope.limit(Sighting.objects.filter(batch_id=batch_id)).defer("raw", "detailed_counts").first()


def campaign_sighting_of(campaign_id: int | None, *, scope: Scope) -> CampaignSighting | None:
    """Return a campaign as last seen, None where it never was."""
    if campaign_id is None:
        return None
    return scope.limit(CampaignSighting.objects.filter(campaign_id=campaign_id)).defer("raw").first()


def campaign_outlook(campaign_id: int, *, scope: Scope) -> CampaignOutlook:
    """Return what is to come in a campaign, from its active batches. Takes one query."""
    batches = scope.limit(Sighting.objects.filter(campaign_id=campaign_id, status=BatchStatus.ACTIVE, gone_at=None))
    found = batches.aggregate(
        count=Count("pk"),
        known=Count("ends_until"),
        first=Max("ends_from"),
        last=Max("ends_until"),
        least=Sum("unreached_from", default=0),
        most=Sum("unreached_until", default=0),
    )
    is_known = found["known"] == found["count"]
    first, last = (found["first"], found["last"]) if is_known else (None, None)
    return CampaignOutlook(first, last, found["least"], found["most"])


def listed_progress(batch_ids: Sequence[str], *, scope: Scope) -> dict[str, ListedProgress]:
    """Return how far those of the batches are whose requests were counted, by id. Takes one query."""
    # What the database cannot hold it cannot even ask for.
    holdable = [batch_id for batch_id in batch_ids if storable(batch_id) == batch_id]
    rows: Any = scope.limit(Sighting.objects.filter(batch_id__in=holdable, counted_at__isnull=False))
    found = rows.values_list("batch_id", *(column.name for column in fields(ListedProgress)))
    return {batch_id: ListedProgress(*about) for batch_id, *about in found}


def newest_samples(batch_id: str, *, scope: Scope) -> list[Sample]:
    """Return the newest samples of a batch, oldest first, at most MOST_POINTS. Takes one query."""
    return list(_samples_of(batch_id, scope).order_by("-at")[:MOST_POINTS])[::-1]


def events_of(batch_id: str, *, scope: Scope) -> list[PlatformEvent]:
    """Return what Syllable lately did to a batch by itself, newest first. Takes one query."""
    events = PlatformEvent.objects.filter(batch_id=batch_id).order_by("-seen_at", "-pk")
    return list(scope.limit(events)[:MOST_EVENTS])


def curve_of(batch_id: str, *, scope: Scope) -> list[CurvePoint]:
    """Return the samples of a batch, oldest first: at most MOST_POINTS, evenly chosen. Takes one query."""
    numbered = _samples_of(batch_id, scope).annotate(
        number=Window(RowNumber(), order_by=F("at").desc()), count=Window(Count("pk"))
    )
    # Counted from the newest, which is always one of them.
    every = (F("count") + MOST_POINTS - 1) / MOST_POINTS
    chosen = numbered.annotate(over=Mod(F("number") - 1, every)).filter(over=0)
    return [CurvePoint(*row) for row in chosen.order_by("at").values_list("at", "ended", "failed")]


def _samples_of(batch_id: str, scope: Scope) -> QuerySet[Sample]:
    return scope.limit(Sample.objects.filter(sighting__batch_id=batch_id), by="sighting__campaign_id")
