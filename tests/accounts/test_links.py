"""Links to set a password: how long each kind lives, who may give one out, and what happens without a mail server."""

import re
from datetime import datetime, timedelta

import pytest
from allauth.account.forms import EmailAwarePasswordResetTokenGenerator
from django_tasks_db.models import DBTaskResult

from accounts.models import Mail, User
from tests.accounts.conftest import PASSWORD, make_person
from trail.models import Action, Entry

USERS = "/admin/accounts/user/"
RESET = "/accounts/password/reset/"
LINK = re.compile(r"http://testserver(/accounts/password/reset/key/[^\s<\"]+)")


@pytest.fixture
def later(monkeypatch):
    """Move the clock by which links expire."""

    def later(**length):
        then = datetime.now() + timedelta(**length)  # noqa: DTZ005 - as Django's tokens count
        monkeypatch.setattr(EmailAwarePasswordResetTokenGenerator, "_now", lambda _self: then)

    return later


@pytest.fixture
def send(log_in, administrator, delivered, mailoutbox):
    """Send somebody a link from the admin, and return the mail's text."""

    def send(person):
        with delivered():
            log_in(administrator).post(USERS, {"action": "send_reset_mail", "_selected_action": [person.pk]})
        return mailoutbox[-1].body

    return send


def opens(client, text):
    """Return whether the link in a text leads to the form for a new password."""
    client.logout()
    page = client.get(LINK.search(text)[1], follow=True).content.decode()
    assert ("Set a new password</h1>" in page) != ("no longer works" in page)
    return "no longer works" not in page


def without_password(**fields):
    person = make_person("new", **fields)
    person.set_unusable_password()
    person.save()
    return person


def test_a_reset_lives_for_an_hour(client, viewer, delivered, mailoutbox, later):
    with delivered():
        client.post(RESET, {"email": viewer.email})
    text = mailoutbox[0].body
    assert "within one hour" in text
    later(minutes=59)
    assert opens(client, text)
    later(minutes=61)
    assert not opens(client, text)


def test_so_does_one_that_an_administrator_sends(client, viewer, send, later):
    text = send(viewer)
    assert "within one hour" in text
    later(minutes=61)
    assert not opens(client, text)


def test_an_invitation_lives_for_three_days(client, administrator, send, later):
    text = send(without_password())
    assert "within three days" in text
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


class TestWithoutAMailServer:
    @pytest.fixture(autouse=True)
    def _no_mail_server(self, settings):
        settings.MAIL_DELIVERS = False

    @pytest.fixture
    def post(self, log_in, administrator, delivered):
        """Send a form of the admin, and return its answer."""

        def post(address, form, **options):
            with delivered():
                return log_in(administrator).post(address, form, **options).content.decode()

        return post

    @pytest.fixture
    def post_confirmed(self, confirmed, administrator, delivered):
        """Do the same as somebody who has just confirmed their identity."""

        def post_confirmed(address, form, **options):
            with delivered():
                return confirmed(administrator).post(address, form, **options).content.decode()

        return post_confirmed

    def show(self, post, *people):
        return post(USERS, {"action": "show_link", "_selected_action": [person.pk for person in people]}, follow=True)

    def test_the_login_offers_no_reset(self, client, db):
        assert RESET not in client.get("/accounts/login/").content.decode()

    def test_the_page_says_whom_to_ask(self, client, db):
        page = client.get(RESET).content.decode()
        assert "administrator" in page
        assert 'name="email"' not in page

    def test_a_request_sent_nonetheless_makes_no_link(self, client, viewer, delivered, mailoutbox):
        with delivered():
            page = client.post(RESET, {"email": viewer.email}).content.decode()
        assert "administrator" in page
        assert not Mail.objects.exists()
        assert not DBTaskResult.objects.exists()
        assert mailoutbox == []

    def test_an_old_link_offers_no_new_one(self, client, db):
        page = client.get("/accounts/password/reset/key/1-abc-def/").content.decode()
        assert "no longer works" in page
        assert f'href="{RESET}"' not in page

    def test_an_administrator_is_shown_the_invitation_of_a_new_person_once(self, client, post, mailoutbox):
        page = post(f"{USERS}add/", {"email": "new@example.com", "name": "New"})
        assert "new@example.com" in page
        assert "three days" in page
        person = User.objects.get(email="new@example.com")
        assert mailoutbox == []
        assert LINK.search(page)[1] not in client.get(f"{USERS}{person.pk}/change/").content.decode()
        assert opens(client, page)

    def test_so_they_are_for_somebody_who_forgot_their_password(self, client, post_confirmed, viewer, later):
        page = self.show(post_confirmed, viewer)
        assert "one hour" in page
        later(minutes=59)
        assert opens(client, page)
        later(minutes=61)
        assert not opens(client, page)

    def test_they_are_shown_none_of_somebody_who_can_do_more(self, post_confirmed, superuser, viewer):
        page = self.show(post_confirmed, superuser, viewer)
        assert len(LINK.findall(page)) == 1
        assert "No link for superuser@example.com." in page

    def test_nor_of_somebody_who_is_deactivated(self, post_confirmed, viewer):
        User.objects.filter(pk=viewer.pk).update(is_active=False)
        assert not LINK.search(self.show(post_confirmed, viewer))

    def test_the_trail_says_that_a_link_was_shown(self, post_confirmed, administrator, viewer):
        self.show(post_confirmed, viewer)
        [entry] = Entry.objects.filter(action=Action.PERSON_RESET_STARTED)
        assert (entry.actor_id, entry.person_email, entry.body) == (administrator.pk, viewer.email, {"link": "shown"})

    def test_no_link_is_shown_to_a_session_that_was_left_open(self, post, viewer):
        page = self.show(post, viewer)
        assert not LINK.search(page)
        assert "Confirm it is you" in page

    def test_nobody_is_shown_a_link_to_their_own_account(self, post_confirmed, administrator):
        assert not LINK.search(self.show(post_confirmed, administrator))

    def test_no_browser_keeps_the_page_with_a_link(self, confirmed, administrator, viewer):
        form = {"action": "show_link", "_selected_action": [viewer.pk]}
        assert "no-store" in confirmed(administrator).post(USERS, form).headers["Cache-Control"]

    def test_the_admin_offers_to_show_a_link_and_not_to_send_one(self, log_in, administrator):
        page = log_in(administrator).get(USERS).content.decode()
        assert 'value="show_link"' in page
        assert 'value="send_reset_mail"' not in page

    def test_nobody_is_told_by_mail_of_a_changed_password(self, log_in, viewer, delivered, mailoutbox):
        form = {"oldpassword": PASSWORD, "password1": "another long one", "password2": "another long one"}
        with delivered():
            assert log_in(viewer).post("/accounts/password/change/", form).status_code == 302
        assert mailoutbox == []

    def test_what_was_queued_before_is_not_printed(self, client, viewer, committed, work, settings, mailoutbox):
        settings.MAIL_DELIVERS = True
        with committed():
            client.post(RESET, {"email": viewer.email})
        settings.MAIL_DELIVERS = False
        work()
        assert mailoutbox == []
        [mail] = Mail.objects.all()
        assert (mail.state, mail.problem) == ("failed", "off")


def test_with_a_mail_server_the_login_offers_a_reset_and_the_admin_sends(client, db, log_in, administrator):
    assert RESET in client.get("/accounts/login/").content.decode()
    page = log_in(administrator).get(USERS).content.decode()
    assert 'value="send_reset_mail"' in page
    assert 'value="show_link"' not in page
    form = {"action": "show_link", "_selected_action": [administrator.pk]}
    assert not LINK.search(client.post(USERS, form, follow=True).content.decode())
