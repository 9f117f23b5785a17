"""Links to set a password: how long each kind lives, and who may give one out."""

import re
from datetime import datetime, timedelta

import pytest
from allauth.account.forms import EmailAwarePasswordResetTokenGenerator

from tests.dashboard.conftest import PASSWORD, make_person
from trail.models import Action, Entry

USERS = "/admin/dashboard/user/"
RESET = "/accounts/password/reset/"
LINK = re.compile(r"http://testserver(/accounts/password/reset/key/[^\s<\"]+)")


@pytest.fixture
def later(monkeypatch):
    """Move the clock by which links grow old."""

    def later(**length):
        then = datetime.now() + timedelta(**length)  # noqa: DTZ005 - as Django's tokens count
        monkeypatch.setattr(EmailAwarePasswordResetTokenGenerator, "_now", lambda _self: then)

    return later


@pytest.fixture
def send(log_in, administrator, delivered, mailoutbox):
    """Choose somebody in the admin and send them a link; the mail's text."""

    def send(person):
        with delivered():
            log_in(administrator).post(USERS, {"action": "send_reset_mail", "_selected_action": [person.pk]})
        return mailoutbox[-1].body

    return send


def opens(client, text):
    """Whether the link in a text leads to the form for a new password."""
    client.logout()
    page = client.get(LINK.search(text)[1], follow=True).content.decode()
    assert ("Set a new password</h1>" in page) != ("no longer good" in page)
    return "no longer good" not in page


def without_password(**fields):
    person = make_person("new", **fields)
    person.set_unusable_password()
    person.save()
    return person


def test_a_reset_lives_for_an_hour(client, viewer, delivered, mailoutbox, later):
    with delivered():
        client.post(RESET, {"email": viewer.email})
    text = mailoutbox[0].body
    assert "for one hour" in text
    later(minutes=59)
    assert opens(client, text)
    later(minutes=61)
    assert not opens(client, text)


def test_so_does_one_that_an_administrator_sends(client, viewer, send, later):
    text = send(viewer)
    assert "for one hour" in text
    later(minutes=61)
    assert not opens(client, text)


def test_an_invitation_lives_for_three_days(client, administrator, send, later):
    text = send(without_password())
    assert "for three days" in text
    assert "new@example.com" in text
    later(days=3, minutes=-1)
    assert opens(client, text)
    later(days=3, minutes=1)
    assert not opens(client, text)


def test_whoever_was_invited_and_asks_for_a_reset_has_an_hour_as_everybody(client, db, delivered, mailoutbox, later):
    person = without_password()
    with delivered():
        client.post(RESET, {"email": person.email})
    later(minutes=61)
    assert not opens(client, mailoutbox[0].body)


def test_an_invitation_is_used_up_with_the_first_password(client, administrator, send):
    person = without_password()
    text = send(person)
    client.logout()
    form = client.get(LINK.search(text)[1], follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    assert not opens(client, text)


def test_an_invitation_that_waits_is_not_sent_to_who_has_a_password_by_then(
    log_in, administrator, committed, work, mailoutbox
):
    person = without_password()
    with committed():
        log_in(administrator).post(USERS, {"action": "send_reset_mail", "_selected_action": [person.pk]})
    person.set_password(PASSWORD)
    person.save()
    work()
    assert mailoutbox == []


def test_a_forged_link_opens_nothing(client, viewer, send):
    text = send(viewer)
    token = LINK.search(text)[1].rstrip("/").split("-", 1)[1]
    forged = text.replace(token, token[:-1] + ("0" if token[-1] != "0" else "1"))
    assert not opens(client, forged)


def test_the_trail_says_who_gave_out_a_link_and_how(log_in, administrator, viewer, send):
    send(viewer)
    send(without_password())
    entries = Entry.objects.filter(action__in=(Action.PERSON_INVITED, Action.PERSON_RESET_STARTED)).order_by("pk")
    kept = [(entry.action, entry.actor_id, entry.person_email, entry.address, entry.body) for entry in entries]
    assert kept == [
        (Action.PERSON_RESET_STARTED, administrator.pk, viewer.email, "127.0.0.1", {"link": "mailed"}),
        (Action.PERSON_INVITED, administrator.pk, "new@example.com", "127.0.0.1", {"link": "mailed"}),
    ]


def test_setting_a_password_by_a_link_makes_the_address_known(client, viewer, delivered, mailoutbox):
    for _ in range(6):
        client.post("/accounts/login/", {"login": viewer.email, "password": "not the password"})
    with delivered():
        client.post(RESET, {"email": viewer.email})
    form = client.get(LINK.search(mailoutbox[0].body)[1], follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "another long one", "password2": "another long one"})
    assert client.post("/accounts/login/", {"login": viewer.email, "password": "another long one"}).status_code == 302
