"""Our own in place of some forms of allauth."""

from allauth.account import forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from django.http import HttpRequest

from accounts.links import AnyTokens
from accounts.tasks import reset_request


class ChangePasswordForm(forms.ChangePasswordForm):
    """Counts wrong tries at the old password, as the login does."""

    def clean_oldpassword(self) -> str:
        attempt = get_adapter().password_attempt(context.request, self.user.email or "")
        password: str = super().clean_oldpassword()
        attempt.take_back()
        return password


class ResetPasswordForm(forms.ResetPasswordForm):
    """Asks for a link. Whether there is an account shows in nothing that happens before the answer."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **_options: object) -> str:
        email = str(self.cleaned_data["email"])
        reset_request(email=email, base=base_of(request))
        return email


class UserTokenForm(forms.UserTokenForm):
    """Opens a link, whichever kind it is."""

    token_generator = AnyTokens()


def base_of(request: HttpRequest) -> str:
    """The dashboard's own address, as whoever sends `request` has opened it: a host of ALLOWED_HOSTS."""
    return request.build_absolute_uri("/").rstrip("/")
