"""How login works here: accounts are made by administrators, and passwords are not tried for ever."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.ratelimit import respond_429
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse

from dashboard import throttle


class AccountAdapter(DefaultAccountAdapter):
    """Closes sign-up, and counts what is tried in the database instead of in the cache."""

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

    def get_client_ip(self, request: HttpRequest) -> str:
        """The visitor, as TrustedProxies found out; "" where it is not known, which is no reason to fail."""
        return str(request.META.get("REMOTE_ADDR", ""))
