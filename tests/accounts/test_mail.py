"""Mails go out in the background, and are called sent only once a mail server took them."""

import logging
import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts import mail
from accounts.models import Mail, MailProblem, MailState, User
from accounts.tasks import mail_send, mails_sweep
from tests.accounts.conftest import PASSWORD, make_person

RESET = "/accounts/password/reset/"
USERS = "/admin/accounts/user/"
LINK = re.compile(r"http://\S+/accounts/password/reset/key/\S+")
CLOSED = 1
QUEUED, SENT, FAILED = MailState.QUEUED, MailState.SENT, MailState.FAILED


@pytest.fixture
def ask(client, committed):
    """Ask for a reset on the page; a worker must do the rest."""

    def ask(email, **extra):
        with committed():
            return client.post(RESET, {"email": email}, **extra)

    return ask


def states():
    return list(Mail.objects.order_by("pk").values_list("state", flat=True))


def pass_time():
    """Pretend that queued mails have waited for their next attempt."""
    Mail.objects.filter(state=QUEUED).update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_reset_is_answered_while_the_mail_server_says_nothing(ask, mail_server, viewer):
    mail_server.is_silent = True
    response = ask(viewer.email)
    assert response.status_code == 302
    assert mail_server.connections == 0
    assert states() == [QUEUED]


def test_a_reset_is_answered_while_the_mail_server_is_down(ask, settings, viewer):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", CLOSED
    assert ask(viewer.email).status_code == 302


def test_an_unknown_email_makes_the_same_work_as_a_known_one(ask, viewer):
    make_person("gone", is_active=False)

    def statements(email):
        with CaptureQueriesContext(connection) as captured:
            response = ask(email)
        shapes = [re.sub(r"""'[^']*'|"s\d+_x\d+"|\b\d+\b|NULL""", "?", query["sql"]) for query in captured]
        return response.status_code, response.url, shapes

    known = statements(viewer.email)
    assert statements("nobody@example.com") == known
    assert statements("gone@example.com") == known
    assert DBTaskResult.objects.count() == 3


def test_a_worker_hands_it_to_the_mail_server(ask, work, mail_server, viewer):
    ask(viewer.email)
    assert mail_server.taken == []
    work()
    [(recipients, text)] = mail_server.taken
    assert recipients == [viewer.email]
    assert LINK.search(text)
    assert states() == [SENT]


def test_nothing_is_sent_to_or_kept_of_an_unknown_email(ask, work, mail_server, viewer):
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    ask("nobody@example.com")
    ask(viewer.email)
    work()
    assert mail_server.connections == 0
    assert not Mail.objects.exists()


@pytest.mark.parametrize("host", ["testserver", "localhost:8000"])
def test_the_link_leads_to_the_host_that_was_asked(ask, work, mail_server, viewer, host):
    ask(viewer.email, HTTP_HOST=host)
    work()
    assert LINK.search(mail_server.taken[0][1])[0].startswith(f"http://{host}/accounts/")


def test_a_mail_that_could_not_be_sent_is_tried_again_after_a_pause(ask, work, mail_server, viewer):
    mail_server.refusals = [451]
    ask(viewer.email)
    work()
    assert states() == [QUEUED]
    mails_sweep()
    work()
    assert mail_server.taken == []
    pass_time()
    mails_sweep()
    work()
    assert len(mail_server.taken) == 1
    assert states() == [SENT]


def test_it_is_given_up_after_some_tries(ask, work, settings, viewer):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", CLOSED
    ask(viewer.email)
    pauses = []
    for _ in range(10):
        work()
        pauses += [round((m.due_at - timezone.now()).total_seconds()) for m in Mail.objects.filter(state=QUEUED)]
        pass_time()
        mails_sweep()
    assert DBTaskResult.objects.count() == len(mail.PAUSES) + 1
    assert pauses == sorted(pauses)
    [given_up] = Mail.objects.all()
    assert (given_up.state, given_up.problem) == (FAILED, MailProblem.UNREACHABLE)
    assert abs(given_up.ended_at - timezone.now()) < timedelta(minutes=5)


def test_a_mail_that_the_server_refuses_for_good_is_not_tried_again(ask, work, mail_server, viewer):
    mail_server.refusals = [550]
    ask(viewer.email)
    work()
    [refused] = Mail.objects.all()
    assert (refused.state, refused.problem) == (FAILED, MailProblem.REFUSED)


def test_a_mail_whose_worker_died_is_sent_by_another(ask, work, mail_server, viewer):
    ask(viewer.email)
    Mail.objects.update(tries=1)
    DBTaskResult.objects.all().delete()
    mails_sweep()
    work()
    assert mail_server.taken == []
    pass_time()
    mails_sweep()
    work()
    assert len(mail_server.taken) == 1


def test_a_mail_whose_workers_die_again_and_again_is_given_up(ask, work, mail_server, viewer):
    ask(viewer.email)
    DBTaskResult.objects.all().delete()
    Mail.objects.update(tries=len(mail.PAUSES) + 1)
    pass_time()
    mails_sweep()
    work()
    assert mail_server.taken == []
    assert states() == [FAILED]


def test_what_is_queued_twice_is_sent_once(ask, work, mail_server, viewer):
    ask(viewer.email)
    [queued] = Mail.objects.all()
    for _ in range(3):
        mail_send.enqueue(queued.pk, queued.tries)
    pass_time()
    mails_sweep()
    mails_sweep()
    work()
    assert len(mail_server.taken) == 1


def test_of_several_requests_only_the_newest_is_sent(ask, work, mail_server, viewer):
    for _ in range(3):
        ask(viewer.email)
    work()
    assert len(mail_server.taken) == 1
    assert states() == [SENT]


def test_an_older_one_that_was_delayed_is_not_sent_after_a_newer_one(ask, work, mail_server, viewer):
    mail_server.refusals = [451]
    ask(viewer.email)
    work()
    ask(viewer.email)
    pass_time()
    mails_sweep()
    work()
    assert len(mail_server.taken) == 1
    assert states() == [SENT]


def test_somebody_who_is_deactivated_meanwhile_gets_no_link(ask, work, mail_server, viewer):
    ask(viewer.email)
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    work()
    assert mail_server.taken == []


def test_where_the_queue_is_away_the_request_is_answered_and_the_mail_sent_later(
    ask, work, mail_server, viewer, monkeypatch
):
    def away(*_args):
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(type(mail_send.get_backend()), "enqueue", away)
        assert ask(viewer.email).status_code == 302
    pass_time()
    mails_sweep()
    work()
    assert len(mail_server.taken) == 1


def everything_kept():
    """Return all rows of all tables as text."""
    return serializers.serialize("json", [row for model in apps.get_models() for row in model._base_manager.all()])


def test_no_link_is_kept_anywhere(ask, work, mail_server, viewer):
    mail_server.refusals = [451]
    ask(viewer.email)
    work()
    assert "reset/key" not in everything_kept()
    pass_time()
    mails_sweep()
    work()
    token = LINK.search(mail_server.taken[0][1].replace("=\r\n", ""))[0].rstrip("/").split("-", 1)[1]
    assert "reset/key" not in everything_kept()
    assert token not in everything_kept()


def test_a_task_holds_no_address(ask, viewer):
    ask(viewer.email)
    [task] = DBTaskResult.objects.all()
    assert task.args_kwargs == {"args": [Mail.objects.get().pk, 0], "kwargs": {}}


@pytest.mark.parametrize("code", [451, 550])
def test_the_log_says_how_it_failed_but_neither_to_whom_nor_what(ask, work, mail_server, viewer, caplog, code):
    caplog.set_level(logging.DEBUG)
    mail_server.refusals = [code]
    ask(viewer.email)
    work()
    assert f"'code': {code}" in caplog.text
    assert "example.com" not in caplog.text
    assert "reset/key" not in caplog.text


def test_what_is_over_is_forgotten_after_a_month(ask, work, mail_server, viewer):
    ask(viewer.email)
    work()
    Mail.objects.update(queued_at=timezone.now() - timedelta(days=31))
    ask(viewer.email)
    work()
    assert Mail.objects.count() == 1


class TestAdministrators:
    @pytest.fixture
    def post(self, log_in, administrator, committed):
        """Send a form of the admin, and return the page that follows."""

        def post(address, form):
            with committed():
                return log_in(administrator).post(address, form, follow=True).content.decode()

        return post

    def page_of(self, client, person):
        return client.get(f"{USERS}{person.pk}/change/").content.decode()

    def invite(self, post):
        return post(f"{USERS}add/", {"email": "new@example.com", "name": "New"})

    def test_they_read_that_an_invitation_is_on_its_way(self, post, mail_server):
        page = self.invite(post)
        assert "An invitation to new@example.com is on its way." in page
        assert "sent" not in page.split("messagelist")[1].split("</ul>")[0]

    def test_so_they_do_when_the_mail_server_is_down(self, post, settings, work):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", CLOSED
        assert "is on its way" in self.invite(post)

    def test_the_page_of_a_person_says_what_became_of_the_latest_mail(self, post, client, work, mail_server):
        self.invite(post)
        person = User.objects.get(email="new@example.com")
        assert "Invitation: on its way" in self.page_of(client, person)
        work()
        assert "Invitation: accepted by the mail server" in self.page_of(client, person)

    def test_it_says_that_a_mail_failed_and_why(self, post, client, work, mail_server):
        mail_server.refusals = [550]
        self.invite(post)
        work()
        page = self.page_of(client, User.objects.get(email="new@example.com"))
        assert "Invitation: not sent. The mail server refused the mail." in page

    def test_it_says_nothing_of_somebody_who_was_never_written_to(self, log_in, administrator, viewer):
        assert "Latest mail" not in self.page_of(log_in(administrator), viewer)

    def test_a_link_to_set_a_new_password_is_on_its_way_as_well(self, post, viewer, work, mail_server):
        page = post(USERS, {"action": "send_reset_mail", "_selected_action": [viewer.pk]})
        assert "A link to set a new password is on its way to viewer@example.com." in page
        work()
        assert mail_server.taken[0][0] == [viewer.email]

    def test_nobody_is_written_to_whom_they_may_not_manage(self, post, superuser, viewer, work, mail_server):
        form = {"action": "send_reset_mail", "_selected_action": [superuser.pk, viewer.pk]}
        page = post(USERS, form)
        assert "No link for superuser@example.com." in page
        work()
        assert [recipients for recipients, _ in mail_server.taken] == [[viewer.email]]


def test_a_changed_password_is_told_in_the_background_too(log_in, viewer, mail_server, work, committed):
    mail_server.is_silent = True
    form = {"oldpassword": PASSWORD, "password1": "another long password", "password2": "another long password"}
    with committed():
        assert log_in(viewer).post("/accounts/password/change/", form).status_code == 302
    assert mail_server.connections == 0
    mail_server.is_silent = False
    work()
    [(recipients, text)] = mail_server.taken
    assert recipients == [viewer.email]
    assert "127.0.0.1" in text
    assert "Outbound Dashboard" in text
