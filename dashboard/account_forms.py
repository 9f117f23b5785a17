"""Our own in place of some forms of allauth."""

from allauth.account import forms
from allauth.account.adapter import get_adapter
from allauth.core import context


class ChangePasswordForm(forms.ChangePasswordForm):
    """Counts wrong tries at the old password, as the login does."""

    def clean_oldpassword(self) -> str:
        attempt = get_adapter().password_attempt(context.request, self.user.email or "")
        password: str = super().clean_oldpassword()
        attempt.take_back()
        return password
