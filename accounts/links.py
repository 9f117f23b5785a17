"""Links to set a password. Each works once: a reset for one hour, an invitation for three days."""

from datetime import timedelta
from typing import Any

from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

from accounts.models import MailPurpose, User


class InvitationTokens(EmailAwarePasswordResetTokenGenerator):
    """Tokens for people without a password. The salt keeps a reset from working as an invitation, and vice versa."""

    key_salt = "accounts.links.InvitationTokens"

    def make_token(self, user: Any) -> str:
        """Make a token dated into the future by the extra life of an invitation: check_token knows only one age."""
        longer = timedelta(seconds=settings.INVITATION_TIMEOUT - settings.PASSWORD_RESET_TIMEOUT)
        token: str = self._make_token_with_timestamp(user, self._num_seconds(self._now() + longer), self.secret)
        return token


class AnyTokens:
    """A generator that accepts tokens of either kind."""

    def check_token(self, user: User, token: str) -> bool:
        return bool(RESETS.check_token(user, token) or INVITATIONS.check_token(user, token))


RESETS, INVITATIONS = EmailAwarePasswordResetTokenGenerator(), InvitationTokens()


def purpose_for(person: User) -> MailPurpose:
    """Return the purpose of a link for this person: an invitation until they have set a password, then a reset."""
    return MailPurpose.RESET if person.has_usable_password() else MailPurpose.INVITATION


def link_make(person: User, *, purpose: MailPurpose, base: str) -> str:
    """Make a link to set the password of `person`.

    `base` is the dashboard's own address, without a slash at the end.
    """
    tokens = INVITATIONS if purpose == MailPurpose.INVITATION else RESETS
    parts = {"uidb36": user_pk_to_url_str(person), "key": tokens.make_token(person)}
    return base + reverse("account_reset_password_from_key", kwargs=parts)
