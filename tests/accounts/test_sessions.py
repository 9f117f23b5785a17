"""What ends a session, for good, and what takes effect in one at once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.accounts.conftest import PASSWORD, change_page, edited

PROFILE = "/accounts/profile/"


@pytest.fixture
def another_browser(viewer):
    """Where the viewer has logged in."""
    browser = Client()
    browser.post("/accounts/login/", {"login": viewer.email, "password": PASSWORD})
    assert browser.get(PROFILE).status_code == 200
    return browser


def by_the_admin(client, person, active):
    client.post(change_page(person), edited(person, is_active="on" if active else None))


def by_saving(_client, person, active):
    person.is_active = active
    person.save()


def by_saving_that_alone(_client, person, active):
    person.is_active = active
    person.save(update_fields=["is_active"])


def by_a_query(_client, person, active):
    User.objects.filter(pk=person.pk).update(is_active=active)


@pytest.mark.parametrize("put", [by_the_admin, by_saving, by_saving_that_alone, by_a_query])
def test_a_session_from_before_somebody_was_deactivated_stays_dead(log_in, administrator, viewer, another_browser, put):
    client = log_in(administrator)
    put(client, viewer, False)
    put(client, viewer, True)
    assert User.objects.get(pk=viewer.pk).is_active
    assert another_browser.get(PROFILE).url == f"/accounts/login/?next={PROFILE}"
    another_browser.post("/accounts/login/", {"login": viewer.email, "password": PASSWORD})
    assert another_browser.get(PROFILE).status_code == 200


def test_it_was_seen_as_dead_meanwhile(log_in, administrator, viewer, another_browser):
    client = log_in(administrator)
    by_the_admin(client, viewer, False)
    assert another_browser.get(PROFILE).status_code == 302
    by_the_admin(client, viewer, True)
    assert another_browser.get(PROFILE).status_code == 302


def test_a_password_that_somebody_else_set_ends_them_too(confirmed, administrator, viewer, another_browser):
    form = {"password1": "another long password", "password2": "another long password", "set-password": "1"}
    confirmed(administrator).post(f"/admin/accounts/user/{viewer.pk}/password/", form)
    assert another_browser.get(PROFILE).status_code == 302


def test_an_edit_of_somebody_who_stays_active_ends_none(log_in, administrator, viewer, another_browser):
    log_in(administrator).post(change_page(viewer), edited(viewer, name="Other"))
    assert another_browser.get(PROFILE).status_code == 200


def test_a_new_secret_key_with_the_old_one_beside_it_ends_none(viewer, settings):
    by_saving(None, viewer, False)
    by_saving(None, viewer, True)
    browser = Client()
    browser.post("/accounts/login/", {"login": viewer.email, "password": PASSWORD})
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [settings.SECRET_KEY]
    assert browser.get(PROFILE).status_code == 200


def test_a_role_that_is_given_or_taken_counts_in_every_open_session_at_once(
    log_in, administrator, viewer, another_browser
):
    operators, viewers = (Group.objects.get(name=name) for name in ("Operators", "Viewers"))
    pause = "/batches/20250117.9/pause/"
    assert another_browser.get("/changes/").status_code == 200
    assert another_browser.post(pause).status_code == 403
    client = log_in(administrator)

    client.post(change_page(viewer), edited(viewer, groups=[operators.pk]))
    assert another_browser.post(pause).status_code != 403
    client.post(change_page(viewer), edited(viewer, groups=[viewers.pk]))
    assert another_browser.post(pause).status_code == 403
    client.post(change_page(viewer), edited(viewer, groups=[]))
    assert another_browser.get("/changes/").status_code == 403


def test_an_administrator_who_is_none_any_more_is_out_of_the_admin_at_once(client, superuser, administrator):
    client.force_login(administrator)
    assert client.get("/admin/").status_code == 200
    other = Client()
    other.force_login(superuser)
    other.post(change_page(administrator), edited(administrator, groups=[]))
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/", follow=True).status_code == 403


def test_sessions_that_are_over_are_deleted_by_the_sweep(another_browser):
    living = another_browser.session.session_key
    Session.objects.create(session_key="over", session_data="", expire_date=timezone.now() - timedelta(minutes=1))
    call_command("sweep_operations")
    assert list(Session.objects.values_list("session_key", flat=True)) == [living]
