"""The list of campaigns, and the page of one."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from batches.access import scope_of
from batches.selectors.batches import batch_list
from batches.selectors.campaign import campaign_page
from batches.selectors.campaign_list import campaign_list as read_campaigns
from batches.selectors.changes import change_for_notice
from batches.views.batches import is_refresh, refreshed_table, table_context
from batches.views.decorators import UserRequest, may_view
from batches.views.list_query import ListQuery
from batches.views.list_rows import SOON

CAMPAIGNS_PER_PAGE = 50


@may_view
@require_safe
def campaign_list(request: UserRequest) -> HttpResponse:
    """Show every campaign with sums over its batches; an invalid page, or one past the end, gives the nearest."""
    campaign_list = read_campaigns(scope=scope_of(request.user))
    page = Paginator(campaign_list.rows or [], CAMPAIGNS_PER_PAGE).get_page(request.GET.get("page", 1))
    context = {"campaign_list": campaign_list, "page": page, "soon": campaign_list.read_at + SOON}
    return render(request, "batches/campaigns.html", context, status=503 if campaign_list.error else 200)


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
