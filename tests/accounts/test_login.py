"""Logging in and out, and setting a password: by email, by nobody who was not invited."""

import re

import pytest

from accounts.models import User
from tests.accounts.conftest import PASSWORD

LOGIN = "/accounts/login/"


def post_login(client, email, password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": email, "password": password}, **extra)


def test_it_logs_a_person_in_by_email(client, viewer):
    response = post_login(client, "Viewer@Example.com")
    assert response.status_code == 302
    assert response.url == "/"
    assert client.get("/accounts/profile/").status_code == 200


def test_it_leads_back_to_the_page_that_was_asked_for(client, viewer):
    response = client.get("/accounts/profile/")
    assert response.url == f"{LOGIN}?next=/accounts/profile/"
    assert post_login(client, viewer.email, QUERY_STRING="next=/accounts/profile/").url == "/accounts/profile/"


def test_it_never_leads_to_another_site(client, viewer):
    assert post_login(client, viewer.email, QUERY_STRING="next=https://evil.example/").url == "/"


def test_a_page_that_refreshes_a_part_of_itself_is_reloaded_when_the_login_has_ended(client, db):
    response = client.get("/accounts/profile/", headers={"HX-Request": "true"})
    assert response.headers["HX-Refresh"] == "true"
    assert b"<form" not in response.content


@pytest.mark.parametrize("email", ["viewer@example.com", "nobody@example.com"])
def test_it_says_the_same_of_a_wrong_password_and_an_unknown_email(client, viewer, email):
    response = post_login(client, email, "not the password")
    assert response.status_code == 200
    assert "not correct" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_deactivated_person_cannot_log_in_and_is_told(client, viewer):
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    response = post_login(client, viewer.email, follow=True)
    assert "This account is deactivated" in response.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_person_deactivated_while_logged_in_is_out_at_once(log_in, viewer):
    client = log_in(viewer)
    User.objects.filter(pk=viewer.pk).update(is_active=False)
    assert client.get("/accounts/profile/").status_code == 302


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_signs_up(client, db, method):
    form = {"email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
    response = getattr(client, method)("/accounts/signup/", form)
    assert "Only administrators create accounts" in response.content.decode()
    assert not User.objects.exists()


def test_nobody_changes_their_own_email(log_in, viewer):
    assert log_in(viewer).get("/accounts/email/").status_code == 404
    log_in(viewer).post("/accounts/profile/", {"name": "V", "time_zone": "", "email": "other@example.com"})
    viewer.refresh_from_db()
    assert viewer.email == "viewer@example.com"


def test_logging_out_takes_a_form(log_in, viewer):
    client = log_in(viewer)
    assert client.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/logout/").url == LOGIN
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_set_anew_by_mail(client, viewer, mailoutbox, delivered):
    with delivered():
        client.post("/accounts/password/reset/", {"email": viewer.email})
    [mail] = mailoutbox
    assert mail.to == [viewer.email]
    link = re.search(r"http://testserver(/\S+)", mail.body).group(1)
    form_address = client.get(link, follow=True).redirect_chain[-1][0]
    new = "another long password"
    client.post(form_address, {"password1": new, "password2": new})
    assert post_login(client, viewer.email, new).url == "/"


def test_a_reset_link_works_once(client, viewer, mailoutbox, delivered):
    with delivered():
        client.post("/accounts/password/reset/", {"email": viewer.email})
    link = re.search(r"http://testserver(/\S+)", mailoutbox[0].body).group(1)
    viewer.set_password("changed in the meantime")
    viewer.save()
    assert "no longer works" in client.get(link, follow=True).content.decode()


def test_asking_for_an_unknown_email_answers_alike_and_sends_nothing(client, viewer, mailoutbox, delivered):
    with delivered():
        known = client.post("/accounts/password/reset/", {"email": viewer.email}, follow=True)
        unknown = client.post("/accounts/password/reset/", {"email": "nobody@example.com"}, follow=True)
    assert unknown.redirect_chain == known.redirect_chain
    assert [mail.to for mail in mailoutbox] == [[viewer.email]]


def test_a_person_changes_their_own_password_and_is_told_by_mail(log_in, viewer, client, mailoutbox, delivered):
    new = "another long password"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    with delivered():
        log_in(viewer).post("/accounts/password/change/", form)
    assert [mail.to for mail in mailoutbox] == [[viewer.email]]
    client.logout()
    assert post_login(client, viewer.email, new).url == "/"
