"""What the watcher keeps grows old: samples are thinned to one an hour, and in the end deleted."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Min, QuerySet
from django.db.models.functions import Now

from batches.models import CampaignSample, PlatformEvent, Sample, WatchState
from batches.services.watch.walk import moment
from common.clock import from_now

EVERY_SAMPLE = timedelta(days=2)
HOUR = timedelta(hours=1)
# Rows of one statement, and of one turn: others want to write too.
CHUNK = 1000
MOST = 20_000


def samples_thin(state: WatchState) -> bool:
    """Delete the next old rows, at most MOST; return whether there may be more.

    Of the samples of a batch from more than two days ago the first of each hour stays. How far that is done is in the
    position of `state` (unsaved).
    """
    room = MOST - _forget(MOST)
    return room <= 0 or _thin(state, room)


def _forget(most: int) -> int:
    """Delete what is older than SAMPLES_DAYS; return how many rows."""
    until = from_now(-timedelta(days=settings.SAMPLES_DAYS))
    old = (
        Sample.objects.filter(at__lt=until),
        CampaignSample.objects.filter(at__lt=until),
        PlatformEvent.objects.filter(seen_at__lt=until),
    )
    deleted = 0
    for rows in old:
        while deleted < most and (count := _delete_some(rows)):
            deleted += count
    return deleted


def _thin(state: WatchState, most: int) -> bool:
    until = WatchState.objects.filter(pk=state.pk).values_list(Now(), flat=True).get() - EVERY_SAMPLE
    done = moment(state.position.get("thinned_until"))
    oldest = Sample.objects.order_by("at").values_list("at", flat=True).first()
    if oldest is None:
        return False
    # What is done until a time that has not come was done by a clock that was ahead.
    hour = _whole_hour(max(oldest, done) if done <= until else oldest)
    while most > 0 and hour + HOUR <= until:
        of_hour = Sample.objects.filter(at__gte=hour, at__lt=hour + HOUR).order_by()
        first = of_hour.values("sighting").annotate(first=Min("pk")).values("first")
        while count := _delete_some(of_hour.exclude(pk__in=first)):
            most -= count
        hour += HOUR
        state.position["thinned_until"] = hour.isoformat()
    return hour + HOUR <= until


def _delete_some(rows: QuerySet[Any]) -> int:
    """Delete some of the rows; return how many."""
    pks = list(rows.values_list("pk", flat=True)[:CHUNK])
    return rows.model._default_manager.filter(pk__in=pks).delete()[0] if pks else 0


def _whole_hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
