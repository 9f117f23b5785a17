"""The status page, and the metrics for Prometheus."""

from hmac import compare_digest

from django.conf import settings
from django.contrib.auth.decorators import login_not_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from batches.access import EDIT, EVERYTHING
from batches.selectors.status.metrics import metrics_text
from batches.selectors.status.page import status_read
from batches.status import Health
from batches.views.decorators import UserRequest


@permission_required(EDIT, raise_exception=True)
@require_safe
def status(request: UserRequest) -> HttpResponse:
    """Show what works, what does not and what to do; for htmx only the part that refreshes itself."""
    sections = status_read()
    failing = sum(check.health == Health.FAILS for checks in sections.values() for check in checks)
    part = "batches/_status.html" if request.headers.get("HX-Target") == "status" else "batches/status.html"
    return render(request, part, {"sections": sections, "failing": failing})


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics in the text format of Prometheus to whoever sends METRICS_TOKEN as a bearer token.

    Without that setting there is no such address.
    """
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not compare_digest(token.strip().encode(), settings.METRICS_TOKEN.encode()):
        return HttpResponse(
            "Send METRICS_TOKEN as a bearer token.\n",
            status=401,
            headers={"WWW-Authenticate": "Bearer"},
            content_type="text/plain; charset=utf-8",
        )
    return HttpResponse(metrics_text(scope=EVERYTHING), content_type=CONTENT_TYPE_PLAIN_0_0_4)
