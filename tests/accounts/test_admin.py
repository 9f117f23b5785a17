"""Managing people: administrators do it, and nobody gets more power by it than they had."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission

from accounts.models import User
from batches.access import role_of
from tests.accounts.conftest import PASSWORD, USERS, change_page, edited, make_person, password_page


def test_the_admin_has_no_login_of_its_own(client, db):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/accounts/login/")


@pytest.mark.parametrize("person", ["viewer", "operator"])
def test_it_is_closed_to_those_who_do_not_manage_people(request, db, log_in, person):
    response = log_in(request.getfixturevalue(person)).get("/admin/", follow=True)
    assert response.status_code == 403
    assert "Administrator" in response.content.decode()


def test_an_administrator_finds_people(log_in, administrator, viewer):
    page = log_in(administrator).get(USERS, {"q": "viewer"}).content.decode()
    assert "viewer@example.com" in page
    assert "Viewers" in page


def test_an_administrator_makes_a_person_with_a_role_and_a_password(log_in, administrator, mailoutbox, delivered):
    operators = Group.objects.get(name="Operators")
    form = {"email": "New@example.com", "name": "New", "time_zone": "Europe/Berlin", "groups": [operators.pk]}
    with delivered():
        log_in(administrator).post(f"{USERS}add/", form | {"password1": PASSWORD, "password2": PASSWORD})
    person = User.objects.get(email="new@example.com")
    assert person.check_password(PASSWORD)
    assert role_of(person) == "Operator"
    assert EmailAddress.objects.get(user=person, verified=True, primary=True).email == "new@example.com"
    assert mailoutbox == []


def test_a_person_made_without_a_password_is_mailed_a_link_to_set_one(
    log_in, client, administrator, mailoutbox, delivered
):
    with delivered():
        log_in(administrator).post(f"{USERS}add/", {"email": "new@example.com", "name": "New"})
    [mail] = mailoutbox
    assert mail.to == ["new@example.com"]
    client.logout()
    address = client.get(re.search(r"http://testserver(/\S+)", mail.body).group(1), follow=True).redirect_chain[-1][0]
    client.post(address, {"password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.get(email="new@example.com").check_password(PASSWORD)


@pytest.mark.parametrize(
    ("passwords", "complaint"),
    [
        (("short", "short"), "too short"),
        ((PASSWORD, ""), "match"),
        (("", PASSWORD), "match"),
        ((PASSWORD, "x"), "match"),
    ],
)
def test_a_poor_password_makes_nobody(log_in, administrator, passwords, complaint):
    form = {"email": "new@example.com", "password1": passwords[0], "password2": passwords[1]}
    assert complaint in log_in(administrator).post(f"{USERS}add/", form).content.decode()
    assert not User.objects.filter(email="new@example.com").exists()


def test_an_email_is_taken_whatever_its_case(log_in, administrator, viewer):
    page = log_in(administrator).post(f"{USERS}add/", {"email": "VIEWER@example.com"}).content.decode()
    assert "Another person already has this email." in page


def test_a_changed_email_is_the_new_login(confirmed, client, administrator, viewer):
    confirmed(administrator).post(change_page(viewer), edited(viewer, email="renamed@example.com"))
    assert list(EmailAddress.objects.filter(user=viewer).values_list("email", "verified", "primary")) == [
        ("renamed@example.com", True, True)
    ]
    client.logout()
    response = client.post("/accounts/login/", {"login": "renamed@example.com", "password": PASSWORD})
    assert response.status_code == 302


def test_an_administrator_deactivates_but_deletes_nobody(log_in, administrator, viewer):
    client = log_in(administrator)
    client.post(change_page(viewer), edited(viewer, is_active=None))
    viewer.refresh_from_db()
    assert not viewer.is_active
    assert client.post(f"{USERS}{viewer.pk}/delete/", {"post": "yes"}).status_code == 403


def test_not_even_a_superuser_deletes(log_in, superuser, viewer):
    assert log_in(superuser).post(f"{USERS}{viewer.pk}/delete/", {"post": "yes"}).status_code == 403


def test_an_administrator_makes_no_superuser(log_in, administrator, viewer):
    everything = [permission.pk for permission in Permission.objects.all()]
    client = log_in(administrator)
    assert "is_superuser" not in client.get(change_page(viewer)).content.decode()
    client.post(change_page(viewer), edited(viewer, is_superuser="on", user_permissions=everything))
    viewer.refresh_from_db()
    assert not viewer.is_superuser
    assert not viewer.user_permissions.exists()


def test_an_administrator_does_not_touch_a_superuser(log_in, administrator, superuser):
    client = log_in(administrator)
    assert client.post(change_page(superuser), edited(superuser, email="mine@example.com")).status_code == 403
    passwords = {"password1": "taken over by me", "password2": "taken over by me", "set-password": "1"}
    assert client.post(password_page(superuser), passwords).status_code == 403
    superuser.refresh_from_db()
    assert superuser.email == "superuser@example.com"
    assert superuser.check_password(PASSWORD)


@pytest.mark.parametrize("active", [True, False])
def test_an_administrator_does_not_touch_anyone_who_may_do_more(log_in, administrator, active):
    deputy = make_person("deputy", "Administrators", is_active=active)
    deputy.user_permissions.add(Permission.objects.get(codename="change_group"))
    assert log_in(administrator).post(change_page(deputy), edited(deputy, name="x")).status_code == 403


def test_an_administrator_gives_no_group_that_may_do_more(log_in, administrator, viewer):
    owners = Group.objects.create(name="Owners")
    owners.permissions.add(Permission.objects.get(codename="change_group"))
    response = log_in(administrator).post(change_page(viewer), edited(viewer, groups=[owners.pk]))
    assert "not one of the available choices" in response.content.decode()
    assert not viewer.groups.filter(name="Owners").exists()


def test_an_administrator_does_not_edit_roles(log_in, administrator):
    assert log_in(administrator).get("/admin/auth/group/").status_code == 403


def test_nobody_locks_themselves_out(log_in, administrator):
    log_in(administrator).post(change_page(administrator), edited(administrator, is_active=None, groups=[]))
    administrator.refresh_from_db()
    assert administrator.is_active
    assert role_of(administrator) == "Administrator"


def test_a_superuser_makes_a_superuser(log_in, superuser, viewer):
    log_in(superuser).post(change_page(viewer), edited(viewer, is_superuser="on"))
    viewer.refresh_from_db()
    assert viewer.is_superuser


def test_chosen_people_are_sent_a_link(log_in, administrator, viewer, operator, mailoutbox, delivered):
    User.objects.filter(pk=operator.pk).update(is_active=False)
    form = {"action": "send_reset_mail", "_selected_action": [viewer.pk, operator.pk]}
    with delivered():
        log_in(administrator).post(USERS, form)
    assert [mail.to for mail in mailoutbox] == [[viewer.email]]


def test_email_addresses_are_not_managed_beside_the_user(log_in, superuser):
    assert log_in(superuser).get("/admin/account/emailaddress/").status_code == 404
