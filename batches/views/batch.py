"""The page of one batch."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from batches.forms import BatchForm
from batches.selectors.batch import abilities, batch_page, paused_from
from batches.selectors.changes import outcome_to_tell
from batches.services.changes import NotAllowed, check_actor
from batches.syllable.errors import NotFound
from batches.syllable.schemas import BatchStatus
from batches.views.access import UserRequest, may_view


@may_view
@require_safe
def batch(request: UserRequest, batch_id: str) -> HttpResponse:
    """The batch's facts, its form and its history; `change` names the change whose outcome is to be told first."""
    page = batch_page(batch_id)
    context = {
        "batch_id": batch_id,
        "page": page,
        "told": outcome_to_tell(request.GET.get("change", ""), batch_id=batch_id),
        "why_no_edit": why_no_edit(request),
        "form": None,
    }
    if page.error:
        status = 404 if isinstance(page.error, NotFound) else 503
        return render(request, "batches/batch_unavailable.html", context, status=status)
    if not context["why_no_edit"] and page.batch and page.batch.status != BatchStatus.CANCELED:
        context["form"] = BatchForm(
            batch_id=batch_id, batch=page.batch, abilities=abilities(), paused_from=paused_from(batch_id)
        )
    return render(request, "batches/batch.html", context)


def why_no_edit(request: UserRequest) -> str:
    """Why this person cannot edit, as a sentence for them; "" where they can."""
    try:
        check_actor(request.user)
    except NotAllowed as refusal:
        return str(refusal)
    return ""
