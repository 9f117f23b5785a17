"""Background tasks for people: their mails. They never share the queue of the stops."""

from django.db import close_old_connections, transaction
from django_tasks import task

from accounts.mail import mail_add, mail_deliver, mails_forget, mails_to_queue
from accounts.models import MailPurpose, User
from trail.models import Action
from trail.services import entry_add
from trail.source import BACKGROUND, Source


@task
def mail_send(mail_id: int, tries: int) -> None:
    """Make one attempt to send a mail; a sweep queues the next. The arguments hold neither an address nor a link."""
    # A Redis worker does not notice by itself that the database closed its connection.
    close_old_connections()
    mail_deliver(mail_id, tries)
    mails_forget()


def mail_queue(*, purpose: MailPurpose, person: User | None, **about: str) -> None:
    """Record a mail (see `mail_add`) and queue it within the current transaction."""
    mail = mail_add(purpose=purpose, person=person, **about)
    # If the queue is down, the failure is logged and a sweep queues the mail.
    transaction.on_commit(lambda: mail_send.enqueue(mail.pk, mail.tries), robust=True)


def reset_request(*, email: str, base: str, source: Source = BACKGROUND) -> None:
    """Queue the link that somebody asked for. Does the same work whether or not anybody has this email."""
    asked = email.strip().lower()
    person = User.objects.filter(email=asked, is_active=True).first()
    with transaction.atomic():
        entry_add(Action.PERSON_RESET_REQUESTED, actor=None, source=source, person=person, person_email=asked[:254])
        mail_queue(purpose=MailPurpose.RESET, person=person, base=base)


def mails_sweep() -> None:
    """Queue mails due for a retry, and those that were lost with their queue or their worker."""
    for mail in mails_to_queue():
        mail_send.enqueue(mail.pk, mail.tries)
