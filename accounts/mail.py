"""Mails to people: a request records them, a worker delivers them, and a sweep queues retries."""

from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string

from accounts.links import link_make
from accounts.models import Mail, MailProblem, MailPurpose, MailState, User
from common.clock import from_now

logger = structlog.get_logger(__name__)

# The pause before each retry.
PAUSES = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30))
MOST_TRIES = len(PAUSES) + 1
# A task that was lost with its queue or its worker is queued again after this. No attempt takes as long.
LOST_AFTER = timedelta(minutes=2)
KEPT_FOR = timedelta(days=30)


def mail_add(*, purpose: MailPurpose, person: User | None, **about: str) -> Mail:
    """Record a mail, for the caller to queue. A `person` of None (nobody) takes the same work.

    `about` holds fields of Mail: `base` for a link, the dashboard's own address without a slash at its end; `to`,
    `subject` and `text` for a notice.
    """
    return Mail.objects.create(purpose=purpose, person=person, due_at=from_now(LOST_AFTER), **about)


def mail_deliver(mail_id: int, tries: int) -> None:
    """Deliver a mail, unless another worker makes this attempt or the mail is no longer wanted."""
    if _queued(mail_id, tries).update(tries=tries + 1, due_at=from_now(LOST_AFTER)) != 1:
        return
    mail = Mail.objects.select_related("person").get(pk=mail_id)
    if not _is_wanted(mail):
        mail.delete()
    elif not settings.MAIL_DELIVERS:
        _end(mail, MailState.FAILED, MailProblem.OFF)
    else:
        _send(mail)


def mails_to_queue() -> list[Mail]:
    """Return the mails due for a retry and those that a worker dropped, each only once. The caller queues them."""
    queued = list(Mail.objects.filter(state=MailState.QUEUED, due_at__lt=Now()).order_by("pk"))
    for mail in queued:
        if mail.tries >= MOST_TRIES:
            _end(mail, MailState.FAILED, MailProblem.LOST)
            logger.error(
                "mail_failed", mail=mail.pk, purpose=mail.purpose, kind=MailProblem.LOST.value, tries=mail.tries
            )
    return [mail for mail in queued if mail.tries < MOST_TRIES and _is_put_off(mail)]


def mail_waits() -> bool:
    """Return whether a mail waits that no worker has looked at yet."""
    return Mail.objects.filter(state=MailState.QUEUED, tries=0).exists()


class MailsState(NamedTuple):
    """How mails go out. `delayed` are those that a mail server did not take yet.

    `ended_at` is when the last one ended, and `problem` why it was not sent; None where there was none.
    """

    delayed: int
    ended_at: datetime | None = None
    problem: MailProblem | None = None


def mail_state() -> MailsState:
    """Return how mails go out. Takes two queries."""
    delayed = Mail.objects.filter(state=MailState.QUEUED, tries__gt=0).count()
    last = Mail.objects.exclude(state=MailState.QUEUED).order_by("-ended_at").first()
    if last is None:
        return MailsState(delayed)
    return MailsState(delayed, last.ended_at, MailProblem(last.problem) if last.problem else None)


def mails_forget() -> None:
    """Delete mails, and what became of them, after a month."""
    Mail.objects.filter(queued_at__lt=from_now(-KEPT_FOR)).delete()


def _queued(mail_id: int, tries: int) -> QuerySet[Mail]:
    return Mail.objects.filter(pk=mail_id, tries=tries, state=MailState.QUEUED)


def _is_put_off(mail: Mail) -> bool:
    due = _queued(mail.pk, mail.tries).filter(due_at__lt=Now())
    return due.update(due_at=from_now(LOST_AFTER)) == 1


def _end(mail: Mail, state: MailState, problem: MailProblem | None = None) -> None:
    ended = {"state": state, "problem": problem or "", "ended_at": Now()}
    _queued(mail.pk, mail.tries).update(**ended, to="", subject="", text="")


def _is_wanted(mail: Mail) -> bool:
    if mail.purpose == MailPurpose.NOTICE:
        return True
    person = mail.person
    if person is None or not person.is_active or not person.email:
        return False
    if mail.purpose == MailPurpose.INVITATION and person.has_usable_password():
        return False
    newer = Mail.objects.filter(person=person, purpose=mail.purpose, pk__gt=mail.pk)
    return not newer.exclude(state=MailState.FAILED).exists()


def _send(mail: Mail) -> None:
    try:
        message = _notice(mail) if mail.purpose == MailPurpose.NOTICE else _link_message(mail)
        if message.send() != 1:
            raise ConnectionError
    except Exception as error:  # noqa: BLE001 - its words may name the person: its kind alone is kept and logged
        _failed(mail, error)
    else:
        _end(mail, MailState.SENT)


def _notice(mail: Mail) -> EmailMessage:
    return EmailMessage(mail.subject, mail.text, to=[mail.to])


def _link_message(mail: Mail) -> EmailMessage:
    assert mail.person
    assert mail.person.email
    purpose = MailPurpose(mail.purpose)
    about = {
        "person": mail.person,
        "link": link_make(mail.person, purpose=purpose, base=mail.base),
        "current_site": {"domain": urlsplit(mail.base).netloc},
    }
    subject = render_to_string(f"account/email/{purpose}_subject.txt").strip()
    text = render_to_string(f"account/email/{purpose}_message.txt", about).strip()
    return EmailMessage(f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}", f"{text}\n", to=[mail.person.email])


def _failed(mail: Mail, error: Exception) -> None:
    code = _code(error)
    refused = code >= 500 and isinstance(error, SMTPRecipientsRefused | SMTPSenderRefused | SMTPDataError)
    log = logger.bind(mail=mail.pk, purpose=mail.purpose, kind=type(error).__name__, code=code, tries=mail.tries)
    if not refused and mail.tries < MOST_TRIES:
        _queued(mail.pk, mail.tries).update(due_at=from_now(PAUSES[mail.tries - 1]))
        log.warning("mail_delayed")
        return
    unsent = MailProblem.UNREACHABLE if isinstance(error, OSError) else MailProblem.BROKEN
    _end(mail, MailState.FAILED, MailProblem.REFUSED if refused else unsent)
    log.error("mail_failed")


def _code(error: Exception) -> int:
    """Return the mail server's reply code; 0 where there was no reply."""
    if isinstance(error, SMTPRecipientsRefused):
        return int(next(iter(error.recipients.values()))[0])
    return int(getattr(error, "smtp_code", 0))
