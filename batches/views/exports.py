"""Files of the trail that a worker makes: asking for one, watching it, and taking it along."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.actor import by
from batches.access import reader_of, scope_of
from batches.models import ExportFormat, ExportState, TrailExport
from batches.selectors.exports import export_by_id, exports_page
from batches.services.exports.ask import TooManyExports, export_ask
from batches.services.exports.files import export_open
from batches.services.exports.permissions import check_export
from batches.services.reads import trail_exported
from batches.trail_filter import TrailFilter, read_query
from batches.views.decorators import UserRequest, explained, may_view
from batches.views.trail_file import NoRoom
from batches.views.trail_file import export_file as file_response

NO_ROOM = "Other downloads of the trail are running. Try again when one of these is done."
TOO_MANY = "Many other people wait for a file. Try again when some of these files are ready."
ONE_AT_A_TIME = "This file has to be ready before you can have another one."


@may_view
@require_safe
def export_list(request: UserRequest) -> HttpResponse:
    """Show the person's own exports, newest first; those of everybody to whoever sees people."""
    reader = reader_of(request.user)
    page = exports_page(scope=scope_of(request.user), reader=reader, number=request.GET.get("page", 1))
    return render(request, "batches/exports.html", {"page": page, "sees_people": reader.sees_people})


@may_view
@require_safe
def export(request: UserRequest, export_id: int) -> HttpResponse:
    """Show how far an export is, and its file when it is ready.

    For htmx, return the part that shows the progress. Once the export has ended, the whole page reloads.
    """
    found = _export_or_404(request, export_id)
    is_part = request.headers.get("HX-Target") == "export-progress"
    if is_part and not found.is_under_way:
        return HttpResponseClientRefresh()
    context = {"export": found, "is_missing": False}
    return render(request, "batches/_export_progress.html" if is_part else "batches/export.html", context)


@may_view
@require_safe
@explained
def export_file(request: UserRequest, export_id: int) -> HttpResponseBase:
    """Return the file of an export, unless whoever asked for it could no longer see what is in it."""
    found = _export_or_404(request, export_id)
    if found.state != ExportState.READY:
        return redirect("batches:export", export_id)
    check_export(found)
    file = export_open(found)
    if file is None:
        return render(request, "batches/export.html", {"export": found, "is_missing": True}, status=404)
    asked = read_query(found.query)[0]

    def record() -> None:
        if request.method == "GET":
            trail_exported(asked=asked.chosen, file_format=found.file_format, export_id=found.pk, **by(request))

    try:
        return file_response(file, found, record=record)
    except NoRoom:
        return refused(request, {"": NO_ROOM}, asked, status=429)


def made_later(request: UserRequest, asked: TrailFilter, file_format: ExportFormat) -> HttpResponse:
    """Have a worker make the file of a filter, and lead to its page; to the one under way where there is one."""
    if request.method == "HEAD":
        return redirect("batches:export_list")
    zone = timezone.get_current_timezone_name()
    try:
        found, is_new = export_ask(
            query=asked.query_string, file_format=file_format, time_zone=zone, actor=request.user
        )
    except TooManyExports:
        return refused(request, {"": TOO_MANY}, asked, status=429)
    if not is_new:
        messages.info(request, ONE_AT_A_TIME)
    return redirect("batches:export", found.pk)


def refused(request: UserRequest, problems: dict[str, str], asked: TrailFilter, *, status: int) -> HttpResponse:
    """Say why nothing was downloaded, with a way back to the filter."""
    context = {"problems": problems, "asked": asked}
    return render(request, "batches/trail_export_refused.html", context, status=status)


def _export_or_404(request: UserRequest, export_id: int) -> TrailExport:
    found = export_by_id(export_id, scope=scope_of(request.user), reader=reader_of(request.user))
    if found is None:
        raise Http404("There is no such export.")
    return found
