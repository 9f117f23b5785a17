"""The trail: what people did, as a timeline with a filter, and the same as a file."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.actor import by
from batches.access import reader_of, scope_of
from batches.models import ExportFormat
from batches.selectors.changes import change_for_notice
from batches.selectors.exports import exports_exist
from batches.selectors.trail_export import trail_entries, trail_is_long
from batches.selectors.trail_page import TrailPage, trail_page
from batches.selectors.trail_people import trail_known
from batches.services.reads import trail_exported
from batches.trail_filter import FIELDS, TrailFilter, as_search, clean_filter, read_search
from batches.views.decorators import UserRequest, may_view
from batches.views.exports import NO_ROOM, made_later, refused
from batches.views.trail_file import NoRoom, trail_file
from batches.views.trail_form import campaigns_of, form_context
from trail.stream import stream_state

# What an address of the trail can have.
KNOWN = {*FIELDS, "q", "before", "after", "change", "format"}
MOST_PROBLEMS = 3


@may_view
@require_safe
def change_list(request: UserRequest) -> HttpResponse:
    """Show a page of the trail. The address has the filter, and the page as `before` or `after`.

    `q` is a filter as somebody typed it: what is understood leads to its address. For htmx: an operation's changes.
    """
    asked, problems, typed = _asked(request.GET)
    if "q" in request.GET and not problems:
        return HttpResponseRedirect(reverse("batches:change_list") + asked.query_string)
    scope, reader = scope_of(request.user), reader_of(request.user)
    page = trail_page(
        asked,
        scope=scope,
        reader=reader,
        before=request.GET.get("before", ""),
        after=request.GET.get("after", ""),
        is_foldable=not problems,
    )
    if request.headers.get("HX-Request") == "true":
        return render(request, "batches/_trail_fold.html", {"page": page, "asked": asked, "here": _here(asked, page)})
    known = trail_known(scope=scope)
    context = {
        "page": page,
        "asked": asked,
        "typed": typed,
        "problems": problems,
        "here": _here(asked, page, request.GET),
        "campaign_names": campaigns_of(known, asked),
        "notice": change_for_notice(request.GET.get("change", ""), scope=scope),
        "zone": timezone.get_current_timezone_name(),
        "sees_people": reader.sees_people,
        "has_exports": exports_exist(scope=scope, reader=reader),
        "stream": stream_state() if reader.sees_people else None,
        **form_context(known, asked, email=request.user.email or ""),
    }
    return render(request, "batches/trail.html", context)


@may_view
@require_safe
def export(request: UserRequest) -> HttpResponseBase:
    """Return all that the filter in the address shows as a file, streamed; `format` is csv or jsonl.

    A long file is made by a worker: then the answer leads to the page of the export.
    """
    asked, problems, _typed = _asked(request.GET)
    kind = request.GET.get("format", ExportFormat.CSV)
    if kind not in ExportFormat:
        problems["format"] = f"A file has one of these formats: {', '.join(ExportFormat)}."
    if problems:
        # A file says nothing about what it leaves out.
        return refused(request, problems, asked, status=422)
    file_format = ExportFormat(kind)
    scope, reader = scope_of(request.user), reader_of(request.user)
    if trail_is_long(asked, scope=scope, reader=reader):
        return made_later(request, asked, file_format)
    entries = trail_entries(asked, scope=scope, reader=reader)

    def record() -> None:
        if request.method == "GET":
            trail_exported(asked=asked.chosen, file_format=file_format, **by(request))

    try:
        return trail_file(entries, asked, file_format, reader=reader, record=record)
    except NoRoom:
        return refused(request, {"": NO_ROOM}, asked, status=429)


def _asked(params: Mapping[str, Any]) -> tuple[TrailFilter, dict[str, str], str]:
    """Return the filter, what could not be used of it, by name, and all of it as somebody would type it."""
    if "q" not in params:
        asked, problems = clean_filter(params)
        problems |= {name: f"{name}: cannot be searched." for name in sorted(set(params) - KNOWN)[:MOST_PROBLEMS]}
        return asked, problems | _period(asked), as_search({name: str(params.get(name, "")).strip() for name in FIELDS})
    typed = str(params["q"])
    words, sentences = read_search(typed)
    asked, problems = clean_filter(words)
    not_understood = {f"q{number}": sentence for number, sentence in enumerate(sentences)}
    return asked, not_understood | problems | _period(asked), typed


def _period(asked: TrailFilter) -> dict[str, str]:
    since, until = asked.period(now=timezone.now(), zone=timezone.get_current_timezone())
    return {"until": "The period ends before it begins."} if since and until and since >= until else {}


def _here(asked: TrailFilter, page: TrailPage, params: Mapping[str, Any] | None = None) -> str:
    """Return the address of this page of the trail, for what leads back to it."""
    place = [f"{name}={params[name]}" for name in ("before", "after") if params and params.get(name)]
    is_safe = all(part.isascii() and part.replace("=", "").replace("-", "").isalnum() for part in place)
    query = "&".join([asked.query_string.removeprefix("?"), *(place if is_safe and page.entries else [])]).strip("&")
    return reverse("batches:change_list") + (f"?{query}" if query else "")
