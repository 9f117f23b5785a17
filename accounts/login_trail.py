"""Logins and logouts in the trail. Django's signals say who it was: nothing here guesses."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from accounts import throttle
from accounts.models import User, normalized_email
from trail.models import Action
from trail.services import entry_add
from trail.source import BACKGROUND, Source

LONGEST_EMAIL = 254


@receiver(user_logged_in)
def record_login(user: User, request: HttpRequest | None = None, **_about: Any) -> None:
    """Record that somebody logged in."""
    entry_add(Action.LOGGED_IN, actor=user, source=_source(request))


@receiver(user_logged_out)
def record_logout(user: User | None, request: HttpRequest | None = None, **_about: Any) -> None:
    """Record that somebody logged out; whoever was not logged in leaves no entry."""
    if user is not None:
        entry_add(Action.LOGGED_OUT, actor=user, source=_source(request))


@receiver(user_login_failed)
def record_failed_login(credentials: Mapping[str, Any], request: HttpRequest | None = None, **_about: Any) -> None:
    """Record a wrong password, or an unknown email, after the throttle has let the attempt through."""
    _add(Action.LOGIN_FAILED, str(credentials.get("email", "")), request)


def record_lock_out(request: HttpRequest, email: str) -> None:
    """Record that the throttle refused an attempt: once an hour for each network address, however many there are."""
    source = Source.of(request)
    if throttle.once("locked out", throttle.network_of(source.address)):
        _add(Action.LOGIN_LOCKED, email, request)


def _add(action: Action, email: str, request: HttpRequest | None) -> None:
    """Add an entry about the account that somebody tried to open, whether or not it exists.

    The actor is whoever was logged in already, and was asked for their password again; nobody at a login.
    """
    typed = (normalized_email(email) or "")[:LONGEST_EMAIL]
    person = User.objects.filter(email=typed).first()
    user = getattr(request, "user", None)
    actor = user if user is not None and user.is_authenticated else None
    entry_add(action, actor=actor, source=_source(request), person=person, person_email=typed)


def _source(request: HttpRequest | None) -> Source:
    return Source.of(request) if request is not None else BACKGROUND
