"""The list of campaigns, and the page of one."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from batches.access import scope_of
from batches.selectors.batches import batch_list
from batches.selectors.campaign import campaign_page
from batches.selectors.campaign_list import campaign_list as read_campaigns
from batches.selectors.campaign_sightings import CAMPAIGNS_PER_PAGE, campaign_sightings
from batches.selectors.changes import change_for_notice
from batches.views.batches import Heading, is_refresh, refreshed_table, table_context
from batches.views.campaign_query import FIRST, LABELS, CampaignQuery, read_campaign_query
from batches.views.decorators import UserRequest, may_view
from batches.views.list_query import ListQuery
from batches.views.list_rows import SOON

COLUMNS = {
    "name": "Campaign",
    "hours": "Contact hours",
    "running": "Batches",
    "pending": "Still to reach",
    "failed": "Failed",
    "next_expiry": "Next expiry",
}


@may_view
@require_safe
def campaign_list(request: UserRequest) -> HttpResponse:
    """Show the campaigns with the totals of the watcher; for htmx only their table.

    An invalid page, or one past the end, gives the nearest. Where the watcher never looked batches are counted here.
    """
    address, problems = read_campaign_query(request.GET)
    number = request.GET.get("page", 1)
    scope = scope_of(request.user)
    seen = campaign_sightings(q=address.q, order=address.order, number=number, scope=scope)
    if seen is None:
        return _counted(request, is_asked=bool(problems) or not address.is_default)
    table = {
        "address": address,
        "seen": seen,
        "here": address.at(seen.page.number),
        "headings": [_heading(field, label, address) for field, label in COLUMNS.items()],
        "soon": timezone.now() + SOON,
    }
    if is_refresh(request):
        return render(request, "batches/_campaigns_table.html", table)
    context = table | {"problems": problems, "orders": LABELS, "typed": request.GET.get("q", address.q)}
    return render(request, "batches/campaigns.html", context)


def _counted(request: UserRequest, *, is_asked: bool) -> HttpResponse:
    """Show the campaigns with sums over the batches that the API lists now. These cannot be searched or sorted."""
    campaign_list = read_campaigns(scope=scope_of(request.user))
    page = Paginator(campaign_list.rows or [], CAMPAIGNS_PER_PAGE).get_page(request.GET.get("page", 1))
    context = {
        "campaign_list": campaign_list,
        "page": page,
        "soon": campaign_list.read_at + SOON,
        "is_asked": is_asked,
        "is_watched": bool(settings.WATCH_INTERVAL),
    }
    return render(request, "batches/campaigns_counted.html", context, status=503 if campaign_list.error else 200)


def _heading(field: str, label: str, address: CampaignQuery) -> Heading:
    first = FIRST.get(field, "")
    if not first:
        return Heading(field, label, None, "")
    is_sorted = address.order.removeprefix("-") == field
    other_way = field if address.order == f"-{field}" else f"-{field}"
    direction = ("descending" if address.order.startswith("-") else "ascending") if is_sorted else ""
    return Heading(field, label, str(address.to(order=other_way if is_sorted else first)), direction)


@may_view
@require_safe
def campaign(request: UserRequest, campaign_id: str) -> HttpResponse:
    """Show the campaign's facts, its first batches and its history; for htmx only the table of its batches.

    `change` names the change whose outcome comes first.
    """
    scope = scope_of(request.user)
    address = ListQuery(campaigns=(campaign_id,))
    here = reverse("batches:campaign", args=[campaign_id])
    if is_refresh(request):
        table = table_context(request, address, batch_list(address.query(), scope=scope), here=here)
        return refreshed_table(request, table | {"campaign_id": campaign_id})
    page = campaign_page(address.query(), scope=scope)
    context = table_context(request, address, page.batches, here=here) | {
        "campaign_id": campaign_id,
        "page": page,
        "notice": change_for_notice(request.GET.get("change", ""), scope=scope),
    }
    status = 404 if page.is_unknown else 503 if page.batches.error else 200
    return render(request, "batches/campaign.html", context, status=status)
