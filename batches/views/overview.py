"""The first page: what runs now, and what needs somebody."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from batches.access import scope_of
from batches.selectors.overview import overview as read_overview
from batches.views.batches import is_refresh
from batches.views.decorators import UserRequest, may_view


@may_view
@require_safe
def overview(request: UserRequest) -> HttpResponse:
    """Show the page, or, for htmx, only the parts that change. Calls no API."""
    context = {"overview": read_overview(scope=scope_of(request.user)), "is_part": is_refresh(request)}
    return render(request, "batches/_overview.html" if context["is_part"] else "batches/overview.html", context)
