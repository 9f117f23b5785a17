"""How accounts work here: administrators create them, password attempts are limited, a worker sends the mails."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sites.shortcuts import get_current_site
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from accounts import throttle
from accounts.login_trail import record_lock_out
from accounts.models import MailPurpose, User
from accounts.tasks import mail_queue
from trail.models import Action
from trail.services import entry_add
from trail.source import Source


class AccountAdapter(DefaultAccountAdapter):
    """allauth's adapter with sign-up closed, attempts counted in the database, and mails left to a worker."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Check a password, both at login and when a logged-in person confirms their identity."""
        attempt = self.password_attempt(request, credentials.get("email", ""))
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user:
            attempt.take_back()
        return user

    def password_attempt(self, request: HttpRequest, email: str) -> throttle.Attempt:
        """Count an attempt at a password. Raises ImmediateHttpResponse (429) after too many."""
        attempt = throttle.attempt(throttle.PASSWORD, email=email, address=self.get_client_ip(request))
        if attempt is None:
            record_lock_out(request, email)
            raise ImmediateHttpResponse(respond_429(request))
        return attempt

    def set_password(self, user: Any, password: str) -> None:
        """Set a password that its owner has typed: logged in, or with a link, where nobody says who they are."""
        request = allauth_context.request
        is_own = request.user.pk == user.pk
        action = Action.PERSON_PASSWORD_CHANGED if is_own else Action.PERSON_PASSWORD_RESET
        with transaction.atomic():
            super().set_password(user, password)
            entry_add(action, actor=user if is_own else None, source=Source.of(request), person=user)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        throttle.address_learn(email=user.email or "", address=self.get_client_ip(request))
        return super().post_login(request, user, **kwargs)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Learn the address from which a link set the password: whoever has the link reads the account's mail."""
        throttle.address_learn(email=credentials["email"], address=self.get_client_ip(request))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue a notice and keep it until it is sent. Links to set a password do not pass here."""
        if not settings.MAIL_DELIVERS:
            return
        request = allauth_context.request
        about = {"request": request, "email": email, "current_site": get_current_site(request)}
        message = self.render_mail(template_prefix, email, about | context)
        person = User.objects.filter(email=email.lower()).first()
        words = {"to": email, "subject": str(message.subject), "text": str(message.body)}
        mail_queue(purpose=MailPurpose.NOTICE, person=person, **words)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the visitor's address as TrustedProxies determined it; "" where it is unknown. Never fails."""
        return str(request.META.get("REMOTE_ADDR", ""))
