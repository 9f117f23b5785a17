"""Logins, logouts and passwords in the trail: who it was, from where, and never more than the throttle lets through."""

import re

import pytest
from django.utils import timezone

from accounts.models import Throttle
from tests.accounts.conftest import PASSWORD, type_own_password
from tests.accounts.test_links import LINK, RESET
from trail.models import Action, Entry

LOGIN = "/accounts/login/"
ADDRESS = "192.0.2.1"
WRONG = "not the password"


def post_login(client, email, password=PASSWORD, *, address=ADDRESS):
    return client.post(LOGIN, {"login": email, "password": password}, REMOTE_ADDR=address)


def entries(*actions):
    return list(Entry.objects.filter(action__in=actions).order_by("pk"))


def test_a_login_says_who_from_where_and_in_which_request(client, viewer):
    response = post_login(client, viewer.email)
    [entry] = entries(Action.LOGGED_IN)
    assert (entry.actor_id, entry.actor_email, entry.address) == (viewer.pk, viewer.email, ADDRESS)
    assert entry.request_id == response.headers["X-Request-ID"]


def test_a_logout_says_who(log_in, viewer):
    log_in(viewer).post("/accounts/logout/")
    [entry] = entries(Action.LOGGED_OUT)
    assert entry.actor_email == viewer.email


def test_a_logout_of_nobody_has_no_entry(client, db):
    client.post("/accounts/logout/")
    assert not Entry.objects.exists()


@pytest.mark.parametrize("is_known", [True, False])
def test_a_failed_login_says_which_account_was_tried_and_nobody_did_it(client, viewer, is_known):
    email = viewer.email if is_known else "nobody@example.com"
    post_login(client, email.upper(), WRONG)
    [entry] = entries(Action.LOGIN_FAILED)
    assert (entry.actor_id, entry.person_email, entry.address) == (None, email, ADDRESS)
    assert entry.person_id == (viewer.pk if is_known else None)
    assert WRONG not in str(vars(entry))


def test_an_email_that_no_account_could_have_is_cut(client, db):
    post_login(client, f"{'x' * 60}@{'y' * 60}.{'z' * 60}.{'w' * 60}.{'v' * 40}.com", WRONG)
    assert all(len(entry.person_email) <= 254 for entry in entries(Action.LOGIN_FAILED))


def test_a_wrong_password_of_somebody_logged_in_names_them(log_in, viewer):
    type_own_password(log_in(viewer), WRONG)
    [entry] = entries(Action.LOGIN_FAILED)
    assert (entry.actor_id, entry.person_id) == (viewer.pk, viewer.pk)


class TestLockOut:
    def test_past_the_throttle_there_is_one_entry_an_hour_for_each_address(self, client, viewer):
        for _ in range(30):
            post_login(client, viewer.email, WRONG)
        assert len(entries(Action.LOGIN_FAILED)) == 5
        [entry] = entries(Action.LOGIN_LOCKED)
        assert (entry.person_id, entry.address) == (viewer.pk, ADDRESS)

        for _ in range(3):
            post_login(client, viewer.email, WRONG, address="198.51.100.9")
        assert len(entries(Action.LOGIN_LOCKED)) == 2

    def test_an_hour_later_there_is_another(self, client, viewer):
        for _ in range(8):
            post_login(client, viewer.email, WRONG)
        Throttle.objects.update(until=timezone.now())
        for _ in range(8):
            post_login(client, viewer.email, WRONG)
        assert len(entries(Action.LOGIN_LOCKED)) == 2

    def test_addresses_of_one_customer_count_as_one(self, client, viewer):
        for number in range(30):
            post_login(client, f"{number}@example.com", WRONG, address=f"2001:db8::{number:x}")
        assert len(entries(Action.LOGIN_FAILED)) == 10
        assert len(entries(Action.LOGIN_LOCKED)) == 1


class TestPasswords:
    NEW = "another long enough password"

    def test_a_change_of_ones_own_names_its_owner(self, log_in, viewer):
        form = {"oldpassword": PASSWORD, "password1": self.NEW, "password2": self.NEW}
        log_in(viewer).post("/accounts/password/change/", form)
        [entry] = entries(Action.PERSON_PASSWORD_CHANGED)
        assert (entry.actor_id, entry.person_id) == (viewer.pk, viewer.pk)
        viewer.refresh_from_db()
        assert viewer.check_password(self.NEW)

    def test_one_set_by_a_link_was_set_by_whoever_had_the_link(self, client, viewer, delivered, mailoutbox):
        with delivered():
            client.post(RESET, {"email": viewer.email}, REMOTE_ADDR=ADDRESS)
        link = client.get(LINK.search(mailoutbox[-1].body)[1]).url
        client.post(link, {"password1": self.NEW, "password2": self.NEW}, REMOTE_ADDR=ADDRESS)
        requested, reset = entries(Action.PERSON_RESET_REQUESTED, Action.PERSON_PASSWORD_RESET)
        for entry in (requested, reset):
            assert (entry.actor_id, entry.person_id, entry.address) == (None, viewer.pk, ADDRESS)

    def test_a_link_that_nobody_gets_is_recorded_too(self, client, db):
        client.post(RESET, {"email": "nobody@example.com"})
        [entry] = entries(Action.PERSON_RESET_REQUESTED)
        assert (entry.person_id, entry.person_email) == (None, "nobody@example.com")

    def test_no_entry_has_a_password_or_a_link(self, client, viewer, delivered, mailoutbox):
        with delivered():
            client.post(RESET, {"email": viewer.email})
        key = re.search(r"key/[^/]+", mailoutbox[-1].body)[0]
        assert all(key not in str(vars(entry)) for entry in Entry.objects.all())
