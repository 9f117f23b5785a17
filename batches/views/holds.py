"""Holds: all of them, and one, which can be lifted there."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.actor import by
from batches.access import EDIT, scope_of
from batches.forms.hold import LiftForm
from batches.models import Hold
from batches.selectors.holds import HoldPage, hold_page, newest_holds
from batches.services.changes.update import NotAllowed
from batches.services.holds.lift import check_lift, hold_lift
from batches.views.batches import is_refresh
from batches.views.decorators import UserRequest, may_edit, may_view

LIFTED = "The hold is lifted. Nothing was resumed."
ALREADY_LIFTED = "Somebody has lifted this hold before."


@may_view
@require_safe
def hold_list(request: UserRequest) -> HttpResponse:
    """Show the newest holds, active ones first; for htmx the bands of a page with batches of these campaigns."""
    if is_refresh(request):
        context = {"campaigns": request.GET.getlist("campaign"), "is_again": True}
        return render(request, "batches/_holds_of.html", context)
    return render(request, "batches/holds.html", {"lines": newest_holds(scope=scope_of(request.user))})


@may_view
@require_safe
def hold(request: UserRequest, hold_id: int) -> HttpResponse:
    """Show one hold, what was tried against it, and the form to lift it."""
    return _page(request, _hold_or_404(request, hold_id), LiftForm())


@may_edit
@require_POST
def lift(request: UserRequest, hold_id: int) -> HttpResponse:
    """Lift a hold, with a reason. Nothing is resumed by that."""
    page, form = _hold_or_404(request, hold_id), LiftForm(request.POST)
    if not form.is_valid():
        return _page(request, page, form, status=422)
    is_lifted = hold_lift(hold=page.line.hold, reason=form.cleaned_data["reason"], **by(request))
    messages.info(request, LIFTED if is_lifted else ALREADY_LIFTED)
    return redirect("batches:hold", hold_id)


def _page(request: UserRequest, page: HoldPage, form: LiftForm, *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"page": page, "form": form, "why_not": _why_not(request, page.line.hold)}
    return render(request, "batches/hold.html", context, status=status)


def _why_not(request: UserRequest, hold: Hold) -> str:
    """Return why this person cannot lift the hold, "" where they can."""
    if not request.user.has_perm(EDIT):
        return ""
    try:
        check_lift(request.user, hold)
    except NotAllowed as refusal:
        return str(refusal)
    return ""


def _hold_or_404(request: UserRequest, hold_id: int) -> HoldPage:
    page = hold_page(hold_id, scope=scope_of(request.user))
    if page is None:
        raise Http404("There is no such hold.")
    return page
