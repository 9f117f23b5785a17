"""The writes of one batch: the edit form with its review, and the one-click actions."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actor import by
from batches import rules
from batches.access import scope_of
from batches.forms.batch import LOST, BatchForm, fill
from batches.forms.fingerprint import contract_as_loaded, fingerprint_of
from batches.models import Outcome
from batches.selectors.batch import abilities, batch_now, paused_from
from batches.services.changes.update import NotAllowed, batch_edit, batch_pause, batch_resume
from batches.services.changes.write import Result
from batches.views.batch import page_with_form
from batches.views.batches import is_refresh
from batches.views.decorators import UserRequest, may_edit, why
from batches.views.next_url import next_page
from batches.views.one_row import one_row
from syllable.errors import SyllableError, SyllableUnavailable

STATUS_CODES = {Outcome.CONFLICT: 409, Outcome.REJECTED: 422, Outcome.NOT_SENT: 409, Outcome.UNCONFIRMED: 502}


@may_edit
@require_http_methods(["GET", "POST"])
def edit(request: UserRequest, batch_id: str) -> HttpResponse:
    """Review what was typed on POST, and write it with `confirm`. GET leads to the batch's page, which has the form.

    Only what was reviewed can be confirmed: anything else is reviewed again.
    """
    if request.method == "GET":
        return redirect("batches:batch", batch_id)
    form = _form(request, request.POST, batch_id)
    if form.is_lost:
        form = _found_again(request, batch_id) or form
    if not form.is_valid():
        return page_with_form(request, batch_id, form, status=422)
    if not request.POST.get("confirm") or not form.is_as_reviewed:
        context = {"form": form, "batch_id": batch_id, "steps": rules.steps(form.loaded, form.edit)}
        return render(request, "batches/review.html", context)
    try:
        result = batch_edit(batch_id=batch_id, edit=form.edit, loaded=form.loaded, reason=form.why, **by(request))
    except NotAllowed as refusal:
        form.add_error(None, str(refusal))
        return page_with_form(request, batch_id, form, status=403)
    if result.is_as_wanted or result.outcome == Outcome.CONFLICT:
        return written(request, result)
    for problem in result.problems:
        form.add_error(problem.field or None, problem.message)
    is_silent = isinstance(result.error, SyllableUnavailable)
    status = STATUS_CODES[result.outcome]
    return page_with_form(request, batch_id, form, status=status, notice=result.change, can_read=not is_silent)


@may_edit
@require_POST
def pause(request: UserRequest, batch_id: str) -> HttpResponse:
    """Pause the batch at once."""
    return written(request, batch_pause(batch_id=batch_id, **why(request)))


@may_edit
@require_POST
def resume(request: UserRequest, batch_id: str) -> HttpResponse:
    """Resume the paused batch at once."""
    return written(request, batch_resume(batch_id=batch_id, **why(request)))


def written(request: UserRequest, result: Result) -> HttpResponse:
    """Answer a write that leaves nothing typed to keep: go to the page it came from, which shows the outcome.

    A conflict gets its own page instead, with the three versions. A script that changes one row gets that row.
    """
    if is_refresh(request):
        return one_row(request, result)
    change = result.change
    if result.outcome == Outcome.CONFLICT and result.batch:
        context = {
            "form": _form(request, fill(result.batch, change.edit, change.reason), change.batch_id),
            "batch_id": change.batch_id,
            "change": change,
            "versions": rules.versions(change.loaded or {}, result.batch, change.edit),
        }
        return render(request, "batches/conflict.html", context, status=409)
    return HttpResponseRedirect(next_page(request.POST.get("next", ""), change, scope=scope_of(request.user)))


def _form(request: UserRequest, data: dict[str, str], batch_id: str) -> BatchForm:
    known = paused_from(batch_id, scope=scope_of(request.user))
    able = abilities(contract_as_loaded(data, batch_id))
    return BatchForm(data, batch_id=batch_id, abilities=able, paused_from=known)


def _found_again(request: UserRequest, batch_id: str) -> BatchForm | None:
    """Return what was typed, over the batch as it is now; None where that cannot be read."""
    try:
        fingerprint = fingerprint_of(batch_now(batch_id, scope=scope_of(request.user)))
    except SyllableError:
        return None
    form = _form(request, request.POST.dict() | {"fingerprint": fingerprint}, batch_id)
    form.add_error(None, LOST)
    return form
