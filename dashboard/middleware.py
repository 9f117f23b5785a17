"""What happens to every request: proxy headers, login, time zone, logs, and the headers of the answer."""

import codecs
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRefresh
from django_structlog.middlewares import RequestMiddleware

from common.counters import RESPONSES
from common.time_zones import is_time_zone
from dashboard.addresses import Address, address_of
from dashboard.errors import method_not_allowed_page
from dashboard.logs import request_id

WITHOUT_COOKIES = ("/healthz", "/readyz", "/metrics")

GetResponse = Callable[[HttpRequest], HttpResponse]

UNUSED_FEATURES = ("camera", "display-capture", "geolocation", "gyroscope", "microphone", "payment", "usb")
PERMISSIONS_POLICY = ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES)


def _is_trusted(address: Address | None) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES) if address else False


class Middleware:
    """The base of a middleware, which calls the rest of the chain by `get_response`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response


class TrustedProxies(Middleware):
    """Believe `X-Forwarded-For` and `X-Forwarded-Proto` from TRUSTED_PROXIES, and drop them from anyone else.

    After this middleware, REMOTE_ADDR is the visitor's IP address: the last of the chain that is not one of our
    proxies. REMOTE_ADDR is "" where the server knows none, as with a Unix socket.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded_for = request.META.pop("HTTP_X_FORWARDED_FOR", "")
        visitor = address_of(request.META.get("REMOTE_ADDR", ""))
        if not _is_trusted(visitor):
            request.META.pop("HTTP_X_FORWARDED_PROTO", None)
        for hop in reversed(forwarded_for.split(",")):
            address = address_of(hop)
            # Beyond an entry that our proxy could not read, everything may be the visitor's invention.
            if not _is_trusted(visitor) or address is None:
                break
            visitor = address
        request.META["REMOTE_ADDR"] = str(visitor or "")
        return self.get_response(request)


class HealthWithoutCookies(Middleware):
    """Drop the cookies of health checks and metrics: a session would be looked up in a database that may be down."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in WITHOUT_COOKIES:
            request.META.pop("HTTP_COOKIE", None)
        return self.get_response(request)


class TextInUtf8(Middleware):
    """Refuse a request whose text is not UTF-8: Django reads some encodings and crashes on others."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if codecs.lookup(request.encoding or "utf-8").name != "utf-8":
            raise BadRequest("Requests must be in UTF-8.")
        return self.get_response(request)


class MethodPage(Middleware):
    """Show a page with a way back when the method is wrong."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.streaming:
            response.content = method_not_allowed_page(request, response.headers.get("Allow", ""))
        return response


class ResponseHeaders(Middleware):
    """Set the headers that Django and django-csp do not. Pages are personal, so no shared cache may keep them."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, ["HX-Request"])
        return response


class RequestLog(RequestMiddleware):
    """Write one log line per request, without the query, and count it. Its id is returned as `X-Request-ID`."""

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        # Read before the id is cleared together with the request's log context.
        response.headers["X-Request-ID"] = request_id()
        RESPONSES.labels(f"{response.status_code // 100}xx").inc()
        super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"


class LoginRequired(LoginRequiredMiddleware):
    """Send anonymous visitors to the login page.

    A page that refreshes a part of itself is reloaded as a whole instead.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Any
    ) -> HttpResponseBase:
        if getattr(request, "htmx", False):
            return HttpResponseClientRefresh()
        return super().handle_no_permission(request, view_func)


class UserTimeZone(Middleware):
    """Show moments in the user's own zone if set and valid, else in TIME_ZONE."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = getattr(request.user, "time_zone", "")
        with timezone.override(ZoneInfo(name) if is_time_zone(name) else None):
            return self.get_response(request)
