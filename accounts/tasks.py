"""What runs in the background for people: their mails. They share the queue of what stops nothing."""

from django.db import close_old_connections, transaction
from django_tasks import task

from accounts.mail import link_mail_add, mail_deliver, mails_forget, mails_to_queue, notice_add
from accounts.models import Mail, MailPurpose, User


@task
def mail_send(mail_id: int, tries: int) -> None:
    """Make one try at a mail; a sweep queues the next one. Neither an address nor a link is among the arguments."""
    # A worker of Redis does not notice by itself that the database has closed its connection.
    close_old_connections()
    mail_deliver(mail_id, tries)
    mails_forget()


def link_mail_queue(*, purpose: MailPurpose, person: User | None, base: str) -> None:
    """Send an invitation or a reset to a person, with the current transaction; None for nobody."""
    _queue(link_mail_add(purpose=purpose, person=person, base=base))


def notice_queue(*, to: str, subject: str, text: str) -> None:
    """Send a mail without a link, with the current transaction."""
    _queue(notice_add(to=to, subject=subject, text=text))


def reset_request(*, email: str, base: str) -> None:
    """Send somebody the link that they asked for. Makes the same work whether there is anybody with this email."""
    person = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    link_mail_queue(purpose=MailPurpose.RESET, person=person, base=base)


def mails_sweep() -> None:
    """Queue what is to be tried again, and what was lost with its queue or its worker."""
    for mail in mails_to_queue():
        mail_send.enqueue(mail.pk, mail.tries)


def _queue(mail: Mail) -> None:
    def enqueue() -> None:
        mail_send.enqueue(mail.pk, mail.tries)

    # Where the queue is away it is logged, and a sweep queues the mail.
    transaction.on_commit(enqueue, robust=True)
