"""The head leaves the house by mail, once a day."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db.models.functions import Now

from common.lease import WorkLease
from tests.trail.factories import sealed
from trail.head_mail import HeadMailer, head_mail_send
from trail.models import HeadMail, ProcessName
from trail.verify import head_now, trail_verify

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _auditor(settings):
    settings.AUDIT_HEAD_TO = ["auditor@example.com"]


def a_day_passes():
    HeadMail.objects.update(at=Now() - timedelta(days=1, seconds=1))


def test_it_says_the_head_and_how_to_use_it():
    sealed(2, 1)
    head_mail_send()
    [message] = mail.outbox
    assert message.to == ["auditor@example.com"]
    assert message.subject == "Outbound Dashboard: Head 2 of the trail"
    assert f"manage.py verify_trail --expect {head_now()}" in message.body
    assert "any of the 3 entries" in message.body
    assert trail_verify(expect=head_now()) is None


def test_it_goes_out_once_a_day():
    sealed(1)
    for _ in range(3):
        head_mail_send()
    assert len(mail.outbox) == 1
    a_day_passes()
    head_mail_send()
    assert len(mail.outbox) == 2


def test_without_entries_or_recipients_or_a_mail_server_nothing_goes_out(settings):
    assert head_mail_send() is None
    sealed(1)
    settings.MAIL_DELIVERS = False
    assert head_mail_send() is None
    settings.MAIL_DELIVERS, settings.AUDIT_HEAD_TO = True, []
    assert head_mail_send() is None
    assert not mail.outbox
    assert not HeadMail.objects.exists()


def test_a_mail_server_that_is_down_is_tried_again_later(settings, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("common.backoff.time.monotonic", lambda: clock[0])
    sealed(1)
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
        1,
    )
    mailer = HeadMailer()
    mailer.run()
    settings.EMAIL_BACKEND = backend
    mailer.run()
    assert not mail.outbox
    clock[0] += 61
    mailer.run()
    assert len(mail.outbox) == 1


def test_of_two_processes_one_sends():
    sealed(1)
    other = WorkLease(ProcessName.HEAD_MAIL, length=timedelta(minutes=1))
    assert other.hold()
    assert head_mail_send() is None
    other.give_back()
    assert head_mail_send()
