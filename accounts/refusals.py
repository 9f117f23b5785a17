"""Refusals (403) in the trail: who was refused what. However often somebody tries, the entries stay few."""

from collections.abc import Callable

import structlog
from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts import throttle
from accounts.models import User
from trail.models import Action
from trail.services import entry_add
from trail.source import Source

logger = structlog.get_logger(__name__)

# The most entries an hour about one person, and about all anonymous visitors together.
MOST_AN_HOUR = 100
LONGEST_PATH = 500
# Its path holds the key that sets a password.
SECRET_VIEW = "account_reset_password_from_key"  # noqa: S105 - the name of a view


class RefusalTrail:
    """Middleware that records each refusal once an hour for each person, network address and page.

    For anonymous visitors a page is its route, whatever ids its address has: a flood of addresses stays one entry. The
    refusal stands even if the database cannot record it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == 403:
            try:
                _record(request)
            except DatabaseError:
                logger.exception("refusal_not_recorded")
        return response


def _record(request: HttpRequest) -> None:
    actor = request.user if isinstance(request.user, User) else None
    source, match = Source.of(request), request.resolver_match
    route = match.route if match else ""
    path = route if match and match.view_name == SECRET_VIEW else _text(request.path)
    who, page = (str(actor.pk), path) if actor else ("", route)
    is_first = throttle.once("refused", who, throttle.network_of(source.address), str(request.method), page)
    if is_first and throttle.once("refusals", who, most=MOST_AN_HOUR):
        batch_id = str(match.kwargs.get("batch_id", "")) if match else ""
        body = {"method": request.method, "path": path, "route": route}
        entry_add(Action.REFUSED, actor=actor, source=source, batch_id=batch_id, body=body)


def _text(path: str) -> str:
    """Return a path as any database can hold it."""
    return path.replace("\0", "\ufffd").encode(errors="replace").decode()[:LONGEST_PATH]
