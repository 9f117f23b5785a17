"""What can be done about an existing operation: abort, stop its calls, retry, confirm, take over, undo."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from batches.access import scope_of
from batches.forms.reason import ReasonForm
from batches.models import Kind, State
from batches.selectors.operations import operation_progress
from batches.selectors.preview import rest_preview, undo_preview
from batches.services.operations.actions import operation_confirm, operation_retry, operation_stop, operation_take_over
from batches.services.operations.permissions import check_abort, check_operation
from batches.services.operations.undo import UNDONE_BY, operation_stop_calling, operation_undo, undoing_edit
from batches.views.decorators import UserRequest, may_edit, why
from batches.views.operations import operation_or_404
from trail.source import Source


@may_edit
@require_POST
def abort(request: UserRequest, operation_id: int) -> HttpResponse:
    """Abort an operation with `confirm`; what is done stays done. Else ask, and say what continues then."""
    operation = operation_or_404(request, operation_id)
    if operation.is_open and not request.POST.get("confirm"):
        check_abort(request.user, operation)
        context = {"operation": operation, "progress": operation_progress(operation, scope=scope_of(request.user))}
        return render(request, "batches/operation_abort.html", context)
    if not operation_stop(operation=operation, actor=request.user, source=Source.of(request)):
        messages.info(request, "This operation was already over.")
    return redirect("batches:operation", operation_id)


@may_edit
@require_POST
def stop_calling(request: UserRequest, operation_id: int) -> HttpResponse:
    """End a resume and pause what it has started, with one click."""
    resume = operation_or_404(request, operation_id)
    pause = operation_stop_calling(operation=resume, **why(request))
    return redirect("batches:operation", pause.pk)


@may_edit
@require_POST
def retry(request: UserRequest, operation_id: int) -> HttpResponse:
    """Retry what failed, is not confirmed or was not reached.

    A resume needs `confirm`; without it, show whom the retry would contact.
    """
    operation = operation_or_404(request, operation_id)
    if operation.kind == Kind.RESUME and not operation.is_open and not request.POST.get("confirm"):
        check_operation(request.user, operation)
        context = {"operation": operation, "preview": rest_preview(operation, scope=scope_of(request.user))}
        context["form"] = ReasonForm()
        return render(request, "batches/operation_retry.html", context)
    if not operation_retry(operation=operation, **why(request)):
        messages.info(request, "This operation is still running.")
    return redirect("batches:operation", operation_id)


@may_edit
@require_POST
def confirm(request: UserRequest, operation_id: int) -> HttpResponse:
    """Confirm a delayed operation with `confirm`. Else show whom it would contact."""
    operation = operation_or_404(request, operation_id)
    if operation.state == State.ASKING and not request.POST.get("confirm"):
        check_operation(request.user, operation)
        context = {"operation": operation, "preview": rest_preview(operation, scope=scope_of(request.user))}
        context["form"] = ReasonForm()
        return render(request, "batches/operation_confirm.html", context)
    if not operation_confirm(operation=operation, **why(request)):
        messages.info(request, "This operation no longer needs your confirmation.")
    return redirect("batches:operation", operation_id)


@may_edit
@require_POST
def take_over(request: UserRequest, operation_id: int) -> HttpResponse:
    """Take over a pause that runs although its actor lost their authority."""
    operation = operation_or_404(request, operation_id)
    if not operation_take_over(operation=operation, actor=request.user, source=Source.of(request)):
        messages.info(request, "Nobody needs to take over this operation any more.")
    return redirect("batches:operation", operation_id)


@may_edit
@require_POST
def undo(request: UserRequest, operation_id: int) -> HttpResponse:
    """Undo what the operation did, as an operation of its own. An undo that contacts people needs `confirm`."""
    operation = operation_or_404(request, operation_id)
    calls_people = UNDONE_BY.get(Kind(operation.kind)) == Kind.RESUME
    if calls_people and not operation.is_open and not request.POST.get("confirm"):
        check_operation(request.user, operation, edit=undoing_edit(operation))
        context = {"operation": operation, "preview": undo_preview(operation, scope=scope_of(request.user))}
        context["form"] = ReasonForm()
        return render(request, "batches/operation_undo.html", context)
    undoing = operation_undo(operation=operation, **why(request))
    return redirect("batches:operation", undoing.pk)
