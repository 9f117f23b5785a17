"""Who sends a request, and whether they have just confirmed their identity."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest

from accounts.models import User
from trail.source import Source


def actor_of(request: HttpRequest) -> User:
    """Return the person who sends `request`. Somebody must be logged in."""
    assert isinstance(request.user, User)
    return request.user


def by(request: HttpRequest) -> dict[str, Any]:
    """Return who sends `request`, and from where, as keyword arguments."""
    return {"actor": actor_of(request), "source": Source.of(request)}


def is_reauthenticated(request: HttpRequest) -> bool:
    """Return whether the person has typed their own password again within the last five minutes."""
    try:
        _require(request)
    except ReauthenticationRequired:
        return False
    return True


@reauthentication_required
def _require(_request: HttpRequest) -> None:
    """Raise ReauthenticationRequired unless the person has confirmed their identity recently."""
