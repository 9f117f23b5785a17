"""What people see when something fails, and what a report of it may contain."""

from html import escape

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.urls import is_valid_path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter as DjangoExceptionReporter

from dashboard.logs import REDACTED, request_id


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django gives it
    """The page for a form whose token does not match: mostly one that stood open while someone logged in anew."""
    referer = request.headers.get("Referer", "")
    back = referer if url_has_allowed_host_and_scheme(referer, {request.get_host()}) else ""
    return render(request, "403_csrf.html", {"back": back}, status=403)


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django gives it
    """The page for what cannot be read. Unlike Django's own it does not try to read the form once more."""
    return HttpResponse(loader.get_template("400.html").render(), status=400)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django gives it
    """The page for an address that is none. Unlike Django's own it does not read a form that was sent there."""
    return render(request, "404.html", status=404)


def method_not_allowed_page(request: HttpRequest, allowed: str) -> str:
    """The page for a method that the address does not take; `allowed` are those that it does."""
    takes_forms_only, back = "GET" not in allowed, request.path
    if takes_forms_only:
        # The page with the button is the address above.
        above = request.path.rstrip("/").rpartition("/")[0] + "/"
        back = above if is_valid_path(above) else ""
    return loader.get_template("405.html").render({"takes_forms_only": takes_forms_only, "back": back})


def server_error(_request: HttpRequest) -> HttpResponse:
    """The page for what nobody foresaw. It uses neither the database nor the session: one of them may be the reason."""
    template = loader.get_template("500.html")
    return HttpResponse(template.render({"request_id": request_id()}), status=500)


class ExceptionReporter(DjangoExceptionReporter):
    """Django's report without the API key, which a frame of the stack may hold in any variable."""

    def get_traceback_html(self) -> SafeString:
        return _without_key(super().get_traceback_html())

    def get_traceback_text(self) -> SafeString:
        return _without_key(super().get_traceback_text())


def _without_key(report: str) -> SafeString:
    key = settings.SYLLABLE_API_KEY
    for form in {key, escape(key)} - {""}:
        report = report.replace(form, REDACTED)
    return mark_safe(report)  # noqa: S308 - the report that Django made, with less in it
