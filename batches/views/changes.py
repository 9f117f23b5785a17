"""One change, and what can be done about it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from batches import rules
from batches.access import reader_of, scope_of
from batches.forms.reason import ReasonForm
from batches.models import Change
from batches.selectors.changes import change_by_id, change_story
from batches.services.changes.reason import change_reason_add
from batches.services.changes.reconcile import change_settle
from batches.services.changes.undo import change_undo, undo_edit
from batches.views.batch_actions import written
from batches.views.decorators import UserRequest, explained, may_edit, may_view, why
from batches.views.next_url import next_page, trail_address


@may_view
@require_safe
def change(request: UserRequest, change_id: int) -> HttpResponse:
    """Show everything that is known of one change."""
    found = _change(request, change_id)
    context = {
        "change": found,
        "can_undo": bool(undo_edit(found)),
        "sees_address": reader_of(request.user).sees_address(found.actor_id),
        "story": change_story(found, scope=scope_of(request.user)),
    }
    return render(request, "batches/change.html", context)


@may_edit
@require_POST
def undo(request: UserRequest, change_id: int) -> HttpResponse:
    """Undo a change: with `confirm` at once, else first the review of what that means."""
    undone = _change(request, change_id)
    edit = undo_edit(undone)
    if edit and not request.POST.get("confirm"):
        context = {"change": undone, "batch_id": undone.batch_id, "steps": rules.steps(undone.after or {}, edit)}
        context |= {"form": ReasonForm(), "back": trail_address(request.POST.get("next", ""))}
        return render(request, "batches/review_undo.html", context)
    return written(request, change_undo(change=undone, **why(request)))


@may_edit
@require_POST
def settle(request: UserRequest, change_id: int) -> HttpResponse:
    """Check again whether an unconfirmed change was taken, and go back to the trail where `next` is a page of it."""
    found = _change(request, change_id)
    change_settle(found)
    if back := trail_address(request.POST.get("next", "")):
        return redirect(next_page(back, found, scope=scope_of(request.user)))
    return redirect("batches:change", change_id)


@may_view
@require_POST
@explained
def reason(request: UserRequest, change_id: int) -> HttpResponse:
    """Add the reason for a change that has none, and go back to the page that shows its outcome."""
    found = _change(request, change_id)
    if not change_reason_add(change=found, **why(request)):
        messages.info(request, "This change already has a reason.")
    return redirect(next_page(request.POST.get("next", ""), found, scope=scope_of(request.user)))


def _change(request: UserRequest, change_id: int) -> Change:
    change = change_by_id(change_id, scope=scope_of(request.user))
    if change is None:
        raise Http404("There is no such change.")
    return change
