"""How accounts work here: administrators make them, passwords are not tried for ever, a worker sends the mails."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sites.shortcuts import get_current_site
from django.http import HttpRequest, HttpResponse

from accounts import throttle
from accounts.tasks import notice_queue


class AccountAdapter(DefaultAccountAdapter):
    """Closes sign-up, counts tries in the database instead of in the cache, and leaves mails to a worker."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Whose password it is: of who logs in, and of who is logged in and says so again."""
        attempt = self.password_attempt(request, credentials.get("email", ""))
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user:
            attempt.take_back()
        return user

    def password_attempt(self, request: HttpRequest, email: str) -> throttle.Attempt:
        """Count a try at a password. Answers the request at once where there were too many."""
        attempt = throttle.attempt(throttle.PASSWORD, email=email, address=self.get_client_ip(request))
        if attempt is None:
            raise ImmediateHttpResponse(respond_429(request))
        return attempt

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        throttle.address_learn(email=user.email or "", address=self.get_client_ip(request))
        return super().post_login(request, user, **kwargs)

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """A password was set by a link: whoever has it reads the mail of the account, and may log in now."""
        throttle.address_learn(email=credentials["email"], address=self.get_client_ip(request))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Queue a notice, which is kept until it is sent: a link to set a password takes another way."""
        if not settings.MAIL_DELIVERS:
            return
        request = allauth_context.request
        about = {"request": request, "email": email, "current_site": get_current_site(request)}
        message = self.render_mail(template_prefix, email, about | context)
        notice_queue(to=email, subject=str(message.subject), text=str(message.body))

    def get_client_ip(self, request: HttpRequest) -> str:
        """The visitor, as TrustedProxies found out; "" where it is not known, which is no reason to fail."""
        return str(request.META.get("REMOTE_ADDR", ""))
