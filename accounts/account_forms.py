"""Our replacements for some of allauth's forms."""

from allauth.account import forms
from allauth.account.adapter import get_adapter
from allauth.core import context
from django.http import HttpRequest

from accounts.links import AnyTokens
from accounts.tasks import reset_request
from trail.source import Source


class ChangePasswordForm(forms.ChangePasswordForm):
    """The form to change a password. Wrong guesses at the old password count like failed logins."""

    def clean_oldpassword(self) -> str:
        attempt = get_adapter().password_attempt(context.request, self.user.email or "")
        password: str = super().clean_oldpassword()
        attempt.take_back()
        return password


class ResetPasswordForm(forms.ResetPasswordForm):
    """The form to ask for a reset link. The answer never reveals whether the account exists."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **_options: object) -> str:
        email = str(self.cleaned_data["email"])
        reset_request(email=email, base=base_of(request), source=Source.of(request))
        return email


class UserTokenForm(forms.UserTokenForm):
    """The form that opens a link of either kind: invitation or reset."""

    token_generator = AnyTokens()


def base_of(request: HttpRequest) -> str:
    """Return the dashboard's own address under the host in `request`, without a slash at the end."""
    return request.build_absolute_uri("/").rstrip("/")
