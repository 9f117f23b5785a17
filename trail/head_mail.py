"""The head goes out by mail once a day, so that somebody outside can tell whether the trail was changed."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from common.backoff import Backoff
from common.clock import from_now
from common.lease import WorkLease
from trail.models import HeadMail, ProcessName, Seal
from trail.sealer import head_seal

logger = structlog.get_logger(__name__)

DAY = timedelta(days=1)
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0
# Longer than any mail server is waited for.
LEASE = timedelta(minutes=5)


class HeadMailer:
    """Sends the mail when it is due. After a failure it waits, from a minute up to an hour."""

    def __init__(self) -> None:
        self._pauses = Backoff(first=FIRST_PAUSE, longest=LONGEST_PAUSE)

    def run(self) -> None:
        """Send the mail if it is due, unless a pause after a failure is not over yet."""
        if self._pauses.remaining:
            return
        try:
            head_mail_send()
        except OSError as error:
            # Its words may hold addresses.
            logger.error("head_mail_failed", kind=type(error).__name__, again_in=self._pauses.begin())
        else:
            self._pauses.end()


def head_mail_send() -> HeadMail | None:
    """Send the newest head to AUDIT_HEAD_TO and record that; return None if that was done today, or if nobody gets it.

    Raises OSError, as smtplib does, if the mail server did not take it.
    """
    seal = head_seal()
    if seal is None or not _is_due():
        return None
    lease = WorkLease(ProcessName.HEAD_MAIL, length=LEASE)
    try:
        # Another process may have sent it before this one got the lease.
        if not lease.hold() or not _is_due():
            return None
        _message(seal).send()
        return HeadMail.objects.create(seal=seal.number, digest=seal.digest)
    finally:
        lease.give_back()


def _is_due() -> bool:
    if not settings.AUDIT_HEAD_TO or not settings.MAIL_DELIVERS:
        return False
    return not HeadMail.objects.filter(at__gt=from_now(-DAY)).exists()


def _message(seal: Seal) -> EmailMessage:
    about = {"seal": seal}
    subject = render_to_string("trail/email/head_subject.txt", about).strip()
    text = render_to_string("trail/email/head_message.txt", about).strip()
    return EmailMessage(f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}", f"{text}\n", to=settings.AUDIT_HEAD_TO)
