"""Viewing operations: the list of them, and one while it runs and afterwards."""

from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from batches.access import scope_of
from batches.models import Operation, Standing, State
from batches.selectors.changes import change_for_notice
from batches.selectors.operations import (
    Progress,
    operation_by_id,
    operation_entries,
    operation_items,
    operation_progress,
    operations_page,
)
from batches.selectors.silence import stop_silence
from batches.services.operations.undo import UNDONE_BY
from batches.views.decorators import UserRequest, may_edit, may_view
from batches.views.operation_start import start


@may_view
@require_http_methods(["GET", "HEAD", "POST"])
def operation_list(request: UserRequest) -> HttpResponseBase:
    """Show all operations, newest first. For POST see `operation_start.start`."""
    if request.method == "POST":
        return may_edit(start)(request)
    page, progress = operations_page(scope=scope_of(request.user), number=request.GET.get("page", 1))
    return render(request, "batches/operations.html", {"page": page, "operations": progress})


@may_view
@require_safe
def operation(request: UserRequest, operation_id: int) -> HttpResponse:
    """Show one operation; `state` and `page` filter its batches, `change` names a change to show the outcome of.

    For htmx, return the part named by its target. Once the operation has left the `phase` in which the reader's page
    was rendered, the whole page reloads: other actions are possible then.
    """
    scope = scope_of(request.user)
    found = operation_or_404(request, operation_id)
    part = request.headers.get("HX-Target", "")
    if part and request.GET.get("phase", "") != phase(found):
        return HttpResponseClientRefresh()
    context = {"operation": found, "phase": phase(found)}
    if part == "operation-silence":
        return _silence(request, context | {"silence": stop_silence(found, scope=scope)})
    progress = operation_progress(found, scope=scope)
    context |= {"progress": progress, "is_part": False}
    if part == "operation-progress":
        return render(request, "batches/_operation_progress.html", context | {"is_part": True})
    context |= _items(request, progress)
    if part == "operation-items":
        return render(request, "batches/_operation_items.html", context)
    context["silence"] = stop_silence(found, scope=scope)
    context["notice"] = change_for_notice(request.GET.get("change", ""), scope=scope)
    context["can_undo"] = found.kind in UNDONE_BY and not found.is_open and progress.done > 0
    context["entries"] = operation_entries(found, scope=scope)
    return render(request, "batches/operation.html", context)


def _silence(request: UserRequest, context: dict[str, Any]) -> HttpResponse:
    if context["silence"] is None:
        return HttpResponseClientRefresh()
    return render(request, "batches/_operation_silence.html", context)


def _items(request: UserRequest, progress: Progress) -> dict[str, object]:
    standing = request.GET.get("state", "")
    if standing not in Standing:
        standing = ""
    total = progress.counts[standing] if standing else progress.total
    page, rows = operation_items(
        progress.operation,
        scope=scope_of(request.user),
        total=total,
        standing=standing,
        number=request.GET.get("page", 1),
    )
    tabs = [(some, progress.counts[some]) for some in Standing if progress.counts[some]]
    return {"items": page, "rows": rows, "standing": standing, "tabs": tabs}


def phase(operation: Operation) -> str:
    """Return a name for what decides which buttons and facts an operation has."""
    if not operation.is_open:
        return "over"
    found = {State.WAITING: "waiting", State.ASKING: "asking"}.get(State(operation.state), "open")
    return f"unattended-{found}" if operation.is_unattended else found


def operation_or_404(request: UserRequest, operation_id: int) -> Operation:
    """Return the operation. Raises Http404 where there is none for this person."""
    found = operation_by_id(operation_id, scope=scope_of(request.user))
    if found is None:
        raise Http404("There is no such operation.")
    return found
