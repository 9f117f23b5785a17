"""What people see when something fails, and what an error report may contain."""

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
    """Return the page for a wrong CSRF token, usually from a form that was open while its owner logged in again."""
    referer = request.headers.get("Referer", "")
    back = referer if url_has_allowed_host_and_scheme(referer, {request.get_host()}) else ""
    return render(request, "403_csrf.html", {"back": back}, status=403)


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django gives it
    """Return the page for an unreadable request. Unlike Django's own it does not try to read the form again."""
    return HttpResponse(loader.get_template("400.html").render(), status=400)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django gives it
    """Return the page for an unknown address. Unlike Django's own it does not read a form that was sent there."""
    return render(request, "404.html", status=404)


def method_not_allowed_page(request: HttpRequest, allowed: str) -> str:
    """Return the page for a method that the address does not support; `allowed` lists those that it does."""
    takes_forms_only, back = "GET" not in allowed, request.path
    if takes_forms_only:
        # The page with the button is one level up.
        above = request.path.rstrip("/").rpartition("/")[0] + "/"
        back = above if is_valid_path(above) else ""
    return loader.get_template("405.html").render({"takes_forms_only": takes_forms_only, "back": back})


def server_error(_request: HttpRequest) -> HttpResponse:
    """Return the page for an unexpected error.

    It uses neither the database nor the session: either may be the cause.
    """
    template = loader.get_template("500.html")
    return HttpResponse(template.render({"request_id": request_id()}), status=500)


class ExceptionReporter(DjangoExceptionReporter):
    """Django's report without the API key, which any variable of a stack frame may hold."""

    def get_traceback_html(self) -> SafeString:
        return _without_key(super().get_traceback_html())

    def get_traceback_text(self) -> SafeString:
        return _without_key(super().get_traceback_text())


def _without_key(report: str) -> SafeString:
    key = settings.SYLLABLE_API_KEY
    for form in {key, escape(key)} - {""}:
        report = report.replace(form, REDACTED)
    return mark_safe(report)  # noqa: S308 - the report that Django made, with less in it
