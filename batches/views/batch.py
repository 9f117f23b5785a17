"""The page of one batch."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from batches.access import scope_of
from batches.forms.batch import BatchForm
from batches.models import Change
from batches.selectors.batch import BatchPage, abilities, batch_page
from batches.selectors.changes import change_for_notice
from batches.services.changes.update import NotAllowed, check_actor
from batches.views.batches import is_refresh
from batches.views.decorators import UserRequest, may_view
from syllable.errors import Inexpressible, NotFound, SyllableUnavailable
from syllable.schemas import BatchStatus


@may_view
@require_safe
def batch(request: UserRequest, batch_id: str) -> HttpResponse:
    """Show the batch's facts, its form and its history; for htmx only the parts that change.

    `change` names the change whose outcome comes first.
    """
    scope = scope_of(request.user)
    page = batch_page(batch_id, scope=scope)
    if is_refresh(request):
        return _refreshed(request, batch_id, page)
    context = {
        "batch_id": batch_id,
        "page": page,
        "is_part": False,
        "notice": change_for_notice(request.GET.get("change", ""), scope=scope, batch_id=batch_id),
        "why_no_edit": why_no_edit(request, page.unwritable),
        "form": None,
    }
    if page.error:
        context["is_unknown"] = isinstance(page.error, NotFound)
        # A click carries nothing that could be stale, and writes are tried while pages are refused.
        context["can_try_pause"] = not context["why_no_edit"] and isinstance(page.error, SyllableUnavailable)
        return render(request, "batches/batch_unavailable.html", context, status=404 if context["is_unknown"] else 503)
    if not context["why_no_edit"] and page.batch and page.batch.status != BatchStatus.CANCELED:
        context["form"] = BatchForm(
            batch_id=batch_id,
            batch=page.batch,
            abilities=abilities(page.batch.spoken_contract),
            paused_from=page.paused_from,
            campaign_zone=page.hours.zone,
        )
    return render(request, "batches/batch.html", context)


def page_with_form(
    request: UserRequest,
    batch_id: str,
    form: BatchForm,
    *,
    status: int,
    notice: Change | None = None,
    can_read: bool = True,
) -> HttpResponse:
    """Show what is wrong with what was typed on the batch's page, with its facts and its Pause.

    Where the batch cannot be read, or not without waiting again (`can_read`), the form stands alone: what was typed is
    not lost.
    """
    context = {"batch_id": batch_id, "form": form, "notice": notice, "is_part": False}
    page = batch_page(batch_id, scope=scope_of(request.user)) if can_read else None
    if page is None or page.error:
        return render(request, "batches/edit.html", context, status=status)
    context |= {"page": page, "why_no_edit": why_no_edit(request, page.unwritable)}
    return render(request, "batches/batch.html", context, status=status)


def _refreshed(request: UserRequest, batch_id: str, page: BatchPage) -> HttpResponse:
    """Return the parts that change, or the reason as plain text where the batch cannot be read."""
    if page.error:
        return HttpResponse(page.error.user_message, status=503, content_type="text/plain; charset=utf-8")
    context = {
        "batch_id": batch_id,
        "page": page,
        "is_part": True,
        "why_no_edit": why_no_edit(request, page.unwritable),
    }
    return render(request, "batches/_batch.html", context)


def why_no_edit(request: UserRequest, unwritable: Inexpressible | None) -> str:
    """Return why this person cannot edit this batch, as sentences for them; "" where they can."""
    if unwritable:
        return unwritable.sentence
    try:
        check_actor(request.user)
    except NotAllowed as refusal:
        return str(refusal)
    return ""
