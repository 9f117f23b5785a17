"""Lists that the API can neither filter nor sort, drawn from what the watcher saw."""

from contextlib import nullcontext

from django.db.models import QuerySet
from django.utils import timezone

from batches.access import Scope
from batches.models import CampaignSighting, Sighting, SightingFilter
from batches.selectors.batches import BatchList, batch_counts
from batches.selectors.campaign_names import MOST_CAMPAIGNS, campaign_label
from batches.selectors.sighting_query import ordering, sightings
from batches.selectors.time_limit import TooSlow, time_limit
from batches.selectors.watching import Watch, watching
from syllable.schemas import Batch, BatchQuery, Page

# No more rows are counted, and none after these are shown.
MOST_ROWS = 10_000
QUERY_SECONDS = 3.0


def sighting_list(
    asked: SightingFilter, *, order: str, page: int, limit: int, scope: Scope, counted: BatchQuery | None
) -> BatchList:
    """Return the page of what the watcher saw; `page` is 1-based, and the day of `asked` is the reader's.

    `read_at` is as of when the oldest of its rows was seen. `counted` is the query by which the API counts the batches
    of each status, None where it cannot. Takes up to five queries, and calls the API only for those counts.
    """
    seen = watching()
    now = timezone.now()
    counts = batch_counts(counted, scope=scope) if counted else {}
    if seen.watch == Watch.OFF or seen.looked_at is None:
        return BatchList(now, None, None, counts, {}, watching=seen)
    rows = sightings(asked, scope=scope, now=now)
    try:
        # A part of an id is looked for in all of them.
        with time_limit(QUERY_SECONDS) if asked.q else nullcontext():
            found = _page_of(rows, order, page, limit)
            total = _total(rows, found, page, limit) if asked.needs_watcher else None
    except TooSlow:
        return BatchList(now, None, None, counts, {}, watching=seen, is_too_slow=True)
    shown = found[:limit]
    is_followed = len(found) > limit
    is_last = page * limit >= MOST_ROWS
    is_many = total > MOST_ROWS if total is not None else is_followed and is_last
    answer = Page(
        [Batch.read(row.raw) for row in shown],
        page=page - 1,
        page_size=limit,
        total_count=None if is_many else total,
        is_followed=is_followed and not is_last,
    )
    names = _names({row.campaign_id for row in shown}, scope)
    read_at = min((row.seen_at for row in shown), default=seen.looked_at)
    return BatchList(read_at, answer, None, counts, names, watching=seen, is_many=is_many)


def _page_of(rows: QuerySet[Sighting], order: str, page: int, limit: int) -> list[Sighting]:
    """Return the rows of a page, and one more where another page follows."""
    start = (page - 1) * limit
    if start >= MOST_ROWS:
        return []
    # What is sorted is the ids alone: the API's objects are a hundred times as long.
    ids = rows.order_by(*ordering(order)).values("pk")[start : start + limit + 1]
    return list(Sighting.objects.filter(pk__in=ids).order_by(*ordering(order)).only("raw", "seen_at", "campaign_id"))


def _total(rows: QuerySet[Sighting], found: list[Sighting], page: int, limit: int) -> int:
    if page == 1 and len(found) <= limit:
        return len(found)
    return rows.order_by().values("pk")[: MOST_ROWS + 1].count()


def _names(shown: set[int | None], scope: Scope) -> dict[str, str]:
    """Return the names of the campaigns that a filter offers, and of those that are shown, by id."""
    campaigns = scope.limit(CampaignSighting.objects.exclude(campaign_id=None)).order_by("name")
    names = dict(campaigns.values_list("campaign_id", "name")[:MOST_CAMPAIGNS])
    if missing := shown - names.keys() - {None}:
        names |= dict(campaigns.filter(campaign_id__in=missing).values_list("campaign_id", "name"))
    return {str(campaign_id): campaign_label(campaign_id, name) for campaign_id, name in names.items()}
