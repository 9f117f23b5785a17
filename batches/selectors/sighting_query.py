"""Which of the watcher's rows a list asks for, and in which order."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OrderBy, Q, QuerySet
from django.utils import timezone

from batches.access import Scope
from batches.models import Expiry, Sighting, SightingFilter
from common.numbers import whole_number
from syllable.schemas import RUNNING, BatchStatus

# A running batch is failing where at least this share of its ended requests failed, once this many have ended.
FAILING_SHARE = 0.5
FAILING_LEAST = 10
WITHIN_AN_HOUR = timedelta(hours=1)
# The columns of the API's fields; the others have the same names.
COLUMNS = {"expires_on": "expires_at"}


def sightings(asked: SightingFilter, *, scope: Scope, now: datetime) -> QuerySet[Sighting]:
    """Return the rows that match, of batches that are still there. `now` is aware; its day is the reader's."""
    rows: QuerySet[Sighting] = scope.limit(Sighting.objects.filter(gone_at=None))
    if asked.statuses:
        rows = rows.filter(status__in=asked.statuses)
    if asked.campaigns:
        # A campaign that is no number has no rows, and 007 is not the campaign 7.
        numbers = {text: whole_number(text) for text in asked.campaigns}
        rows = rows.filter(campaign_id__in=[number for text, number in numbers.items() if text == str(number)])
    if asked.q:
        # Read within the index of the ids alone, which is a small part of the table.
        rows = rows.filter(batch_id__in=Sighting.objects.filter(batch_id__icontains=asked.q).values("batch_id"))
    if asked.expiry:
        rows = rows.filter(_expires(Expiry(asked.expiry), now), is_over=False)
    if asked.failing:
        rows = rows.filter(pk__in=_failing())
    return rows


def ordering(order: str) -> list[OrderBy]:
    """Return the order of rows for a field of the API, or `created_at`, with `-` in front for descending."""
    field, descending = order.removeprefix("-"), order.startswith("-")
    column = COLUMNS.get(field, field)
    # Databases do not agree on where a row without a value comes.
    last = True if Sighting._meta.get_field(column).null else None
    return [OrderBy(F(column), descending=descending, nulls_last=last), OrderBy(F("pk"), descending=descending)]


def _expires(expiry: Expiry, now: datetime) -> Q:
    match expiry:
        case Expiry.PASSED:
            return Q(expires_at__lte=now)
        case Expiry.HOUR:
            return Q(expires_at__gt=now, expires_at__lte=now + WITHIN_AN_HOUR)
        case Expiry.TODAY:
            return Q(expires_at__gt=now, expires_at__lt=_end_of_day(now))


def _end_of_day(now: datetime) -> datetime:
    """Return the midnight that ends the reader's day, which may have 23 or 25 hours."""
    local = timezone.localtime(now)
    tomorrow = local.date() + timedelta(days=1)
    return timezone.make_aware(datetime.combine(tomorrow, datetime.min.time()))


def _failing() -> QuerySet[Sighting, Any]:
    """Return the ids of batches that failed, or run and fail. Two questions, because each has an index of its own."""
    failed = Sighting.objects.filter(status=BatchStatus.FAILED)
    failing = Sighting.objects.filter(
        is_over=False, status__in=RUNNING, ended__gte=FAILING_LEAST, failed__gte=F("ended") * FAILING_SHARE
    )
    return failed.values("pk").union(failing.values("pk"), all=True)
