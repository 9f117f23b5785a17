"""Who sends a request, and whether they have just shown again that it is them."""

from allauth.account.decorators import reauthentication_required
from allauth.core.exceptions import ReauthenticationRequired
from django.http import HttpRequest

from accounts.models import User


def actor_of(request: HttpRequest) -> User:
    """The person who sends `request`; somebody is logged in."""
    assert isinstance(request.user, User)
    return request.user


def is_reauthenticated(request: HttpRequest) -> bool:
    """Whether the person has typed their own password once more within the last five minutes."""
    try:
        _require(request)
    except ReauthenticationRequired:
        return False
    return True


@reauthentication_required
def _require(_request: HttpRequest) -> None:
    """Raise ReauthenticationRequired where it is."""
