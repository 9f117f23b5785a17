"""Nobody impersonates anybody: who changes another's email or password proves who they are, and the other hears."""

import time

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.models import User
from tests.accounts.conftest import (
    PASSWORD,
    ROLES,
    USERS,
    change_page,
    edited,
    make_person,
    password_page,
    type_own_password,
)

NEW = "another long password"
CONFIRM = "/accounts/reauthenticate/"


def set_password(client, person, password=NEW):
    return client.post(password_page(person), {"password1": password, "password2": password, "set-password": "1"})


@pytest.fixture
def an_hour_later(monkeypatch):
    def pass_an_hour():
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 3600)

    return pass_an_hour


class TestOnesOwnEmail:
    @pytest.mark.parametrize("person", ["administrator", "superuser"])
    def test_it_is_not_changed_in_the_admin_not_even_by_hand(self, request, db, confirmed, person):
        user = request.getfixturevalue(person)
        client = confirmed(user)
        assert 'name="email"' not in client.get(change_page(user)).content.decode()
        client.post(change_page(user), edited(user, email="somebody.else@example.com", name="Renamed"))
        user.refresh_from_db()
        assert (user.email, user.name) == (f"{person}@example.com", "Renamed")

    def test_it_asks_for_no_password_then(self, log_in, administrator):
        form = edited(administrator, email="somebody.else@example.com", name="Renamed")
        assert log_in(administrator).post(change_page(administrator), form).url == USERS

    def test_the_permissions_of_ones_own_are_not_changed_either(self, log_in, superuser):
        client = log_in(superuser)
        client.post(change_page(superuser), edited(superuser, user_permissions=["1"]))
        assert not superuser.user_permissions.exists()


class TestSomebodysEmail:
    def test_it_is_changed_by_who_types_their_own_password_once_more(self, log_in, administrator, viewer):
        client = log_in(administrator)
        form = edited(viewer, email="renamed@example.com", name="Typed")
        response = client.post(change_page(viewer), form)
        assert response.url.startswith(CONFIRM)
        assert f'name="next" value="{change_page(viewer)}"' in client.get(response.url).content.decode()
        viewer.refresh_from_db()
        assert viewer.email == "viewer@example.com"

        type_own_password(client, "not my password", next=change_page(viewer))
        viewer.refresh_from_db()
        assert viewer.email == "viewer@example.com"

        # What was typed is not lost: it is saved now.
        response = type_own_password(client, next=change_page(viewer))
        assert response.url == USERS
        viewer.refresh_from_db()
        assert (viewer.email, viewer.name) == ("renamed@example.com", "Typed")

    def test_nothing_is_lost_where_a_list_was_filtered_before(self, log_in, administrator, viewer):
        client = log_in(administrator)
        page = f"{change_page(viewer)}?_changelist_filters=q%3Dviewer"
        response = client.post(page, edited(viewer, email="renamed@example.com"))
        client.post(response.url, {"password": PASSWORD})
        viewer.refresh_from_db()
        assert viewer.email == "renamed@example.com"

    @pytest.mark.parametrize("email", ["", None, "VIEWER@example.com.evil.example"])
    def test_taking_it_away_is_a_change_too(self, log_in, administrator, viewer, email):
        response = log_in(administrator).post(change_page(viewer), edited(viewer, email=email))
        assert response.url.startswith(CONFIRM)
        viewer.refresh_from_db()
        assert viewer.email == "viewer@example.com"

    def test_no_role_is_no_way_around(self, log_in, administrator, viewer):
        """Or the role is taken away, the email changed, and the role given back."""
        client = log_in(administrator)
        client.post(change_page(viewer), edited(viewer, groups=[]))
        assert client.post(change_page(viewer), edited(viewer, email="x@example.com")).url.startswith(CONFIRM)

    def test_a_password_that_was_typed_an_hour_ago_is_not_enough(self, confirmed, administrator, viewer, an_hour_later):
        client = confirmed(administrator)
        an_hour_later()
        response = client.post(change_page(viewer), edited(viewer, email="renamed@example.com"))
        assert response.url.startswith(CONFIRM)

    def test_nothing_is_asked_where_it_stays(self, log_in, administrator, viewer):
        response = log_in(administrator).post(change_page(viewer), edited(viewer, email=" Viewer@Example.com"))
        assert response.url == USERS

    def test_both_addresses_are_told(self, confirmed, administrator, viewer, mailoutbox, delivered):
        with delivered():
            confirmed(administrator).post(change_page(viewer), edited(viewer, email="renamed@example.com"))
        assert [mail.to for mail in mailoutbox] == [["viewer@example.com"], ["renamed@example.com"]]
        for mail in mailoutbox:
            assert "viewer@example.com" in mail.body
            assert "renamed@example.com" in mail.body
            assert "administrator@example.com" in mail.body

    def test_nobody_is_told_of_what_was_refused(
        self, confirmed, administrator, viewer, operator, mailoutbox, delivered
    ):
        client = confirmed(administrator)
        with delivered():
            client.post(change_page(viewer), edited(viewer, email=operator.email))
        assert mailoutbox == []

    def test_only_the_address_that_is_there_is_told(self, confirmed, administrator, viewer, mailoutbox, delivered):
        client = confirmed(administrator)
        with delivered():
            client.post(change_page(viewer), edited(viewer, email=""))
            client.post(change_page(viewer), edited(viewer, email="again@example.com"))
        assert [mail.to for mail in mailoutbox] == [["viewer@example.com"], ["again@example.com"]]


class TestSomebodysPassword:
    def test_ones_own_password_is_asked_before_the_form_opens(self, log_in, administrator, viewer):
        client = log_in(administrator)
        response = client.get(password_page(viewer))
        assert response.url == f"{CONFIRM}?next={password_page(viewer)}"
        assert client.post(response.url, {"password": PASSWORD}).url == password_page(viewer)
        assert client.get(password_page(viewer)).status_code == 200
        set_password(client, viewer)
        viewer.refresh_from_db()
        assert viewer.check_password(NEW)

    def test_one_that_is_sent_without_it_is_not_set_nor_kept_and_that_is_said(self, log_in, administrator, viewer):
        client = log_in(administrator)
        response = set_password(client, viewer)
        assert response.url == f"{CONFIRM}?next={password_page(viewer)}"
        assert NEW not in str(dict(client.session))
        assert "The password was not set" in client.get(response.url).content.decode()
        client.post(response.url, {"password": PASSWORD})
        viewer.refresh_from_db()
        assert viewer.check_password(PASSWORD)

    def test_the_person_is_told(self, confirmed, administrator, viewer, mailoutbox, delivered):
        with delivered():
            set_password(confirmed(administrator), viewer)
        [mail] = mailoutbox
        assert mail.to == ["viewer@example.com"]
        assert "administrator@example.com" in mail.body
        assert NEW not in mail.body

    def test_somebody_without_an_email_is_not(self, confirmed, administrator, mailoutbox):
        person = User.objects.create(name="Nobody")
        set_password(confirmed(administrator), person)
        assert User.objects.get(pk=person.pk).check_password(NEW)
        assert mailoutbox == []

    def test_one_that_is_too_poor_is_told_to_nobody(self, confirmed, administrator, viewer, mailoutbox):
        assert set_password(confirmed(administrator), viewer, "short").status_code == 200
        assert mailoutbox == []

    def test_who_may_do_more_is_out_of_reach_before_anything_is_asked(self, log_in, administrator, superuser):
        client = log_in(administrator)
        assert client.get(password_page(superuser)).status_code == 403
        assert set_password(client, superuser).status_code == 403

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_ones_own_is_changed_where_the_old_one_is_asked(self, confirmed, administrator, method):
        form = {"password1": NEW, "password2": NEW, "set-password": "1"}
        response = getattr(confirmed(administrator), method)(password_page(administrator), form)
        assert response.url == "/accounts/password/change/"
        administrator.refresh_from_db()
        assert administrator.check_password(PASSWORD)

    def test_a_person_that_is_not_there_is_not_found(self, confirmed, administrator):
        assert confirmed(administrator).get(f"{USERS}987654/password/").status_code == 404


class TestOtherDoors:
    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("door", ["/admin/password_change/", "/admin/password_change/done/"])
    def test_the_admins_own_page_for_a_password_leads_to_ours(self, log_in, administrator, method, door):
        form = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
        response = getattr(log_in(administrator), method)(door, form)
        assert (response.status_code, response.url) == (302, "/accounts/password/change/")
        administrator.refresh_from_db()
        assert administrator.check_password(PASSWORD)

    def test_twelve_wrong_tries_are_too_many(self, log_in, administrator):
        client = log_in(administrator)
        form = {"old_password": "wrong", "oldpassword": "wrong", "new_password1": NEW, "new_password2": NEW}
        form |= {"password1": NEW, "password2": NEW}
        answers = []
        for _ in range(12):
            page = client.post("/admin/password_change/", form).url
            answers.append(client.post(page, form).status_code)
        assert 429 in answers

    def test_twelve_wrong_tries_to_confirm_that_it_is_oneself_are_too_many(self, log_in, administrator):
        client = log_in(administrator)
        assert 429 in [type_own_password(client, "wrong").status_code for _ in range(12)]

    def test_the_admins_own_login_tries_no_password_for_who_is_logged_in(self, log_in, administrator, superuser):
        client = log_in(administrator)
        response = client.post("/admin/login/", {"username": superuser.email, "password": PASSWORD})
        assert (response.status_code, response.url) == (302, "/admin/")
        assert client.session["_auth_user_id"] == str(administrator.pk)

    def test_nor_for_anybody_else(self, client, superuser):
        response = client.post("/admin/login/", {"username": superuser.email, "password": PASSWORD})
        assert response.url.startswith("/accounts/login/")
        assert "_auth_user_id" not in client.session

    def test_logging_out_of_the_admin_is_logging_out(self, log_in, administrator):
        client = log_in(administrator)
        assert client.post("/admin/logout/").url == "/accounts/login/"
        assert "_auth_user_id" not in client.session
        assert client.get("/admin/").status_code == 302

    def test_nobody_but_a_superuser_edits_roles(self, db, log_in):
        """Whoever could edit a role could give themselves everything."""
        keeper = make_person("keeper", "Administrators")
        keeper.user_permissions.set(Permission.objects.filter(content_type__model="group"))
        role = Group.objects.get(name="Administrators")
        everything = [permission.pk for permission in Permission.objects.all()]
        client = log_in(keeper)
        form = {"name": role.name, "permissions": everything}
        assert client.post(f"{ROLES}{role.pk}/change/", form).status_code == 403
        assert client.post(f"{ROLES}add/", form | {"name": "Mine"}).status_code == 403
        assert client.post(f"{ROLES}{role.pk}/delete/", {"post": "yes"}).status_code == 403
        assert role.permissions.count() < len(everything)
