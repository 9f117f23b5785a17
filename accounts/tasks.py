"""Background tasks for people: their mails. They never share the queue of the stops."""

from django.db import close_old_connections, transaction
from django_tasks import task

from accounts.mail import link_mail_add, mail_deliver, mails_forget, mails_to_queue, notice_add
from accounts.models import Mail, MailPurpose, User


@task
def mail_send(mail_id: int, tries: int) -> None:
    """Make one attempt to send a mail; a sweep queues the next. The arguments hold neither an address nor a link."""
    # A Redis worker does not notice by itself that the database closed its connection.
    close_old_connections()
    mail_deliver(mail_id, tries)
    mails_forget()


def link_mail_queue(*, purpose: MailPurpose, person: User | None, base: str) -> None:
    """Queue an invitation or a reset within the current transaction. A `person` of None means nobody."""
    _queue(link_mail_add(purpose=purpose, person=person, base=base))


def notice_queue(*, to: str, subject: str, text: str) -> None:
    """Queue a mail without a link within the current transaction."""
    _queue(notice_add(to=to, subject=subject, text=text))


def reset_request(*, email: str, base: str) -> None:
    """Queue the link that somebody asked for. Does the same work whether or not anybody has this email."""
    person = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    link_mail_queue(purpose=MailPurpose.RESET, person=person, base=base)


def mails_sweep() -> None:
    """Queue mails due for a retry, and those that were lost with their queue or their worker."""
    for mail in mails_to_queue():
        mail_send.enqueue(mail.pk, mail.tries)


def _queue(mail: Mail) -> None:
    def enqueue() -> None:
        mail_send.enqueue(mail.pk, mail.tries)

    # If the queue is down, the failure is logged and a sweep queues the mail.
    transaction.on_commit(enqueue, robust=True)
