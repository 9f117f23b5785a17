"""Campaigns with the totals that the watcher adds up over their batches, however many these are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, F, FloatField, OrderBy, Q, QuerySet, When
from django.db.models.functions import Lower

from batches.access import Scope
from batches.models import CampaignSighting
from batches.selectors.watching import Watch, Watching, watching
from common.numbers import whole_number
from syllable.schemas import OVER

CAMPAIGNS_PER_PAGE = 50
# What campaigns are sorted by. The first two have indexes; the others sort some numbers of each campaign.
ORDERS: dict[str, Any] = {
    "running": F("running"),
    "name": Lower("name"),
    "pending": F("pending"),
    "failed": Case(When(ended__gt=0, then=F("failed") * 1.0 / F("ended")), output_field=FloatField()),
    "next_expiry": F("next_expiry"),
}
ALWAYS_KNOWN = ("running", "name")


@dataclass(frozen=True, slots=True)
class CampaignSightings:
    """One page of campaigns.

    `as_of` is when the oldest total was added up of a campaign in which something can happen. What has ended is as of
    the last look.
    """

    watching: Watching
    page: "Page[CampaignSighting]"
    as_of: datetime


def campaign_sightings(*, q: str, order: str, number: int | str, scope: Scope) -> CampaignSightings | None:
    """Return a page of the campaigns whose name contains `q` or whose id it is; the nearest page for a bad `number`.

    `order` is one of ORDERS, with `-` in front for descending. None where the watcher never looked or is turned off.
    Takes three queries, and never calls the API.
    """
    seen = watching()
    if seen.watch == Watch.OFF or seen.looked_at is None:
        return None
    rows = _matching(scope.limit(CampaignSighting.objects.all()), q)
    # What is counted and sorted is the ids alone: the API's objects are a hundred times as long.
    ids = rows.order_by(*_ordering(order)).values_list("pk", flat=True)
    page = Paginator(ids, CAMPAIGNS_PER_PAGE).get_page(number)
    shown = CampaignSighting.objects.filter(pk__in=page.object_list).order_by(*_ordering(order))
    campaigns: Page[CampaignSighting] = Page(list(shown), page.number, page.paginator)  # type: ignore[arg-type]
    totals = [row.totalled_at for row in campaigns if row.totalled_at and not OVER.issuperset(row.statuses)]
    return CampaignSightings(seen, campaigns, min([seen.looked_at, *totals]))


def _matching(rows: QuerySet[CampaignSighting], q: str) -> QuerySet[CampaignSighting]:
    if not q:
        return rows
    number = whole_number(q)
    by_id = Q() if number is None else Q(campaign_id=number)
    return rows.filter(Q(name__icontains=q) | by_id)


def _ordering(order: str) -> list[OrderBy]:
    field, descending = order.removeprefix("-"), order.startswith("-")
    # Databases do not agree on where a campaign without a value comes.
    last = None if field in ALWAYS_KNOWN else True
    found = OrderBy(ORDERS[field], descending=descending, nulls_last=last)
    if field == "name":
        return [found, OrderBy(F("pk"), descending=descending)]
    return [found, OrderBy(Lower("name")), OrderBy(F("pk"))]
