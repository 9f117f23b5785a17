"""What the overview reads, all from our own database: what the watcher saw, and what people did here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Sum, When

from batches.access import Scope
from batches.models import CampaignSighting, PlatformEvent, PlatformEventKind, Sighting
from batches.selectors.campaign_names import campaign_label
from batches.selectors.operations import Progress, open_operations
from batches.selectors.trail_page import TrailPage, newest_decisions
from batches.selectors.trend import Trend, trend
from batches.selectors.watching import Watching, watching
from syllable.schemas import BatchStatus

ACTIVE_SHOWN = 8
FEW = 5
SOON = timedelta(hours=1)
LATELY = timedelta(hours=24)
# No more are counted.
MOST_FAILURES = 100


@dataclass(frozen=True, slots=True)
class Totals:
    """The batches of one status that are not over, and their requests; `counted` batches have counts of requests."""

    batches: int = 0
    counted: int = 0
    pending: int = 0
    under_way: int = 0
    expiring: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """A batch that failed by itself, at some moment by `seen_at`; `pk` is that of the event."""

    pk: int
    batch_id: str
    campaign_id: int | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """What the watcher saw as of `watching.looked_at`, and what people do.

    `by_status` has a total for each status of batches that are not over. `active` are the newest active batches and
    `expiring` the first to expire within the hour, a few of each; those that are done come last. `failures` are those
    of the last day, newest first, at most MOST_FAILURES. `campaigns` has the labels of the campaigns of all of these.
    Where the watcher never looked, all of it is empty, and `trend` is None.
    """

    watching: Watching
    by_status: dict[str, Totals]
    active: list[Sighting]
    expiring: list[Sighting]
    failures: list[Failure]
    campaigns: dict[int | None, str]
    trend: Trend | None
    operations: list[Progress]
    decisions: TrailPage

    @property
    def now_active(self) -> Totals:
        return self.by_status.get(BatchStatus.ACTIVE, Totals())

    @property
    def has_more_failures(self) -> bool:
        """Whether more batches may have failed than are counted."""
        return len(self.failures) == MOST_FAILURES

    @property
    def expiring_count(self) -> int:
        """How many batches expire within the hour, whatever their status."""
        return sum(totals.expiring for totals in self.by_status.values())


def overview(*, scope: Scope) -> Overview:
    """Return the overview. Takes eight queries, and up to five more where operations and changes are to be shown."""
    seen = watching()
    decisions, operations = newest_decisions(scope=scope), open_operations(scope=scope)
    if seen.looked_at is None:
        return Overview(seen, {}, [], [], [], {}, None, operations, decisions)
    now = seen.now
    not_over = _there(scope).filter(is_over=False)
    active = list(_there(scope).filter(status=BatchStatus.ACTIVE).order_by("-created_at", "-pk")[:ACTIVE_SHOWN])
    # Nobody misses a batch that is done.
    is_done = Case(When(pending=0, then=1), default=0)
    expiring = list(not_over.filter(_expires_soon(now)).order_by(is_done, "expires_at")[:FEW])
    failures = _failures(now - LATELY, scope)
    shown: list[Sighting | Failure] = [*active, *expiring, *failures[:FEW]]
    campaigns = _labels((row.campaign_id for row in shown), scope)
    return Overview(
        seen,
        _by_status(not_over, now),
        active,
        expiring,
        failures,
        campaigns,
        trend(seen.looked_at, scope=scope),
        operations,
        decisions,
    )


def _there(scope: Scope) -> QuerySet[Sighting]:
    """Return the batches that the last full look did not miss, without what no page of many batches shows."""
    return scope.limit(Sighting.objects.filter(gone_at=None)).defer("raw", "detailed_counts")


def _expires_soon(now: datetime) -> Q:
    return Q(expires_at__gt=now, expires_at__lte=now + SOON)


def _by_status(not_over: QuerySet[Sighting], now: datetime) -> dict[str, Totals]:
    found = not_over.order_by().values_list("status")
    sums = found.annotate(
        batches=Count("pk"),
        counted=Count("counted_at"),
        still=Sum("pending", default=0),
        running=Sum("under_way", default=0),
        soon=Count("pk", filter=_expires_soon(now)),
    )
    return {status: Totals(*numbers) for status, *numbers in sums}


def _failures(since: datetime, scope: Scope) -> list[Failure]:
    events = PlatformEvent.objects.filter(kind=PlatformEventKind.FAILED, seen_at__gte=since).order_by("-seen_at")
    rows = scope.limit(events)[:MOST_FAILURES].values_list("pk", "batch_id", "campaign_id", "seen_at")
    return [Failure(*row) for row in rows]


def _labels(campaign_ids: Iterable[int | None], scope: Scope) -> dict[int | None, str]:
    """Return what each campaign is called. Takes one query, none for no campaign."""
    wanted = set(campaign_ids)
    ids = [campaign_id for campaign_id in wanted if campaign_id is not None]
    rows: Any = scope.limit(CampaignSighting.objects.filter(campaign_id__in=ids)) if ids else []
    names = dict(rows.values_list("campaign_id", "name")) if ids else {}
    return {campaign_id: campaign_label(campaign_id, names.get(campaign_id)) for campaign_id in wanted}
