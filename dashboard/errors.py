"""What people see when something fails, and what a report of it may contain."""

from html import escape

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter as DjangoExceptionReporter

from dashboard.logs import REDACTED, request_id


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django gives it
    """The page for a form whose token does not match: mostly one that stood open while someone logged in anew."""
    referer = request.headers.get("Referer", "")
    back = referer if url_has_allowed_host_and_scheme(referer, {request.get_host()}) else ""
    return render(request, "403_csrf.html", {"back": back}, status=403)


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
