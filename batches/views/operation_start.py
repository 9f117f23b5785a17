"""Starting an operation: its preview, and the confirmation."""

from dataclasses import replace

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from accounts.actor import by
from batches import rules
from batches.access import scope_of
from batches.forms.operation import LOST_PREVIEW, NOTHING_SELECTED, SELECT_FIRST, OperationEditForm, TargetForm
from batches.forms.seen import LARGEST, Seen, fixed_target, seal, unseal
from batches.models import MOST_FIXED, Kind, Operation, SightingFilter, Target, TargetScope
from batches.selectors.batch import abilities
from batches.selectors.operations import emergency_stop
from batches.selectors.preview import Preview, campaign_name_for, operation_preview
from batches.selectors.sighting_preview import view_fix, view_preview
from batches.services.changes.update import check_actor
from batches.services.holds.place import may_be_held
from batches.services.operations.hold import operation_hold
from batches.services.operations.overlaps import InTheWay
from batches.services.operations.permissions import check_target
from batches.services.operations.start import operation_start
from batches.services.operations.targets import paused_by_operations
from batches.views.decorators import UserRequest, why
from batches.views.list_query import read_list_query

TOO_MANY = (
    f"An operation over this view can have at most {MOST_FIXED:,} batches. Choose a campaign or a status as well. "
    "Nothing was started."
)
NOTHING = "No batch of this view can be changed like that. Nothing was started."


def start(request: UserRequest) -> HttpResponse:
    """Show the preview of an operation; with `confirm`, start it and go to its page."""
    asked = TargetForm(request.POST)
    if not asked.is_valid():
        if asked.has_error(NON_FIELD_ERRORS, NOTHING_SELECTED) and "list" in request.POST:
            return _back_to_list(request, asked)
        return render(request, "batches/operation_unclear.html", {"form": asked}, status=422)
    kind = asked.kind_wanted
    check_actor(request.user)
    if asked.view:
        return _start_view(request, asked, kind, asked.view)
    target = asked.target
    check_target(request.user, kind=kind, target=target, edit=OperationEditForm.edit_of(kind))
    if target.scope == TargetScope.ALL and (stop := emergency_stop(scope=scope_of(request.user))):
        return _is_stopping_already(request, stop)
    try:
        return _start(request, asked, kind, target, is_lost=_is_expiry_lost(request, kind, target))
    except InTheWay as other:
        if target.scope != TargetScope.ALL:
            raise
        # Another operation began between the check above and the start.
        return _is_stopping_already(request, other.operation)


def _back_to_list(request: UserRequest, asked: TargetForm) -> HttpResponse:
    """Go back to the list that had nothing selected, and say there what to do. Scripts do not let it come to that."""
    messages.info(request, SELECT_FIRST)
    address, _ = read_list_query(QueryDict(asked.list_query), abilities())
    return redirect(str(address))


def _start_view(request: UserRequest, asked: TargetForm, kind: Kind, view: SightingFilter) -> HttpResponse:
    """Do the same for what the watcher saw: the preview fixes the batches, and only these can be confirmed."""
    target = fixed_target(request.POST.get("seen", ""), kind, view)
    is_lost = target is None and bool(request.POST.get("confirm"))
    if target is None:
        statuses = rules.eligible(OperationEditForm.edit_of(kind))
        target = view_fix(view, statuses=statuses, scope=scope_of(request.user))
    is_too_large = target is None or len(seal(kind, target, Seen())) > LARGEST
    if target is None or is_too_large or not target.batch_ids:
        asked.add_error(None, TOO_MANY if is_too_large else NOTHING)
        return render(request, "batches/operation_unclear.html", {"form": asked}, status=422)
    check_target(request.user, kind=kind, target=target, edit=OperationEditForm.edit_of(kind))
    return _start(request, asked, kind, target, is_lost=is_lost)


def _is_expiry_lost(request: UserRequest, kind: Kind, target: Target) -> bool:
    """Return whether the preview was lost that alone knows in which zone an expiry was typed."""
    sealed = request.POST.get("seen", "")
    return bool(request.POST.get("confirm") and sealed) and kind == Kind.EXPIRY and not unseal(sealed, kind, target)


def _is_stopping_already(request: UserRequest, stop: Operation) -> HttpResponse:
    if request.POST.get("confirm") and request.POST.get("keep_paused"):
        operation_hold(operation=stop, **why(request))
    messages.info(request, "This operation is already stopping everything.")
    return redirect("batches:operation", stop.pk)


def _start(request: UserRequest, asked: TargetForm, kind: Kind, target: Target, *, is_lost: bool) -> HttpResponse:
    is_confirmed = bool(request.POST.get("confirm"))
    seen = unseal(request.POST.get("seen", ""), kind, target)
    preview = None
    if is_confirmed and not is_lost and kind != Kind.CANCEL:
        seen = seen or Seen(campaign_name_for(kind, target, scope=scope_of(request.user)))
    elif not is_confirmed or seen is None:
        preview = _preview(request, kind, target)
        seen = Seen(preview.campaign_name, preview.word, seen.zone if seen else "")
    form = OperationEditForm(
        request.POST,
        kind=kind,
        word=seen.word,
        is_confirmed=is_confirmed,
        can_hold=may_be_held(kind, target.scope),
        zone=seen.zone,
    )
    if is_lost:
        form.add_error(None, LOST_PREVIEW)
    if is_confirmed and form.is_valid():
        named = replace(target, campaign_name=seen.campaign_name)
        keeps, edit = form.keeps_paused, form.edit
        operation = operation_start(
            kind=kind, target=named, edit=edit, reason=form.why, keep_paused=keeps, **by(request)
        )
        return redirect("batches:operation", operation.pk)
    preview = preview or _preview(request, kind, target)
    form.campaign_clock = preview.hours.zone
    shown = Seen(preview.campaign_name or seen.campaign_name, form.word, form.zone)
    context = {
        "kind": kind,
        "target": replace(target, campaign_name=preview.campaign_name),
        "asked": asked,
        "form": form,
        "preview": preview,
        "seen": seal(kind, target, shown),
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "batches/operation_start.html", context, status=status)


def _preview(request: UserRequest, kind: Kind, target: Target) -> Preview:
    listed = pauses = None
    if "list" in request.POST:
        address, _ = read_list_query(QueryDict(request.POST["list"]), abilities())
        listed = address.query()
    if kind == Kind.RESUME and target.scope == TargetScope.CAMPAIGN:
        pauses = paused_by_operations(target.campaign_id or 0)
    statuses = rules.eligible(OperationEditForm.edit_of(kind))
    if target.view:
        return view_preview(kind, target, target.view, statuses=statuses, scope=scope_of(request.user))
    return operation_preview(
        kind, target, scope=scope_of(request.user), statuses=statuses, listed=listed, pauses=pauses
    )
