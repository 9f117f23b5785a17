"""What is done to people's accounts is in the trail: who, to whom, from where, from what to what, whatever follows."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts import people
from accounts.models import User
from tests.accounts.conftest import PASSWORD, ROLES, USERS, change_page, edited, password_page, type_own_password
from trail.models import Action, Entry

NEW = "another long password"


@pytest.fixture
def entries(administrator, viewer):
    """Return what has been added to the trail since the people of the test exist, apart from their logins."""
    before = list(Entry.objects.values_list("pk", flat=True))
    others = Entry.objects.exclude(action=Action.LOGGED_IN)
    return lambda: list(others.exclude(pk__in=before).order_by("pk"))


def assert_by(entry, actor, person):
    assert (entry.actor_id, entry.actor_email) == (actor.pk, actor.email)
    assert (entry.person_id, entry.person_email) == (person.pk, person.email or "")
    assert entry.address == "127.0.0.1"
    assert entry.request_id


def test_a_changed_email_with_what_it_was(confirmed, administrator, viewer, entries):
    confirmed(administrator).post(change_page(viewer), edited(viewer, email="Renamed@example.com"))
    [entry] = entries()
    viewer.refresh_from_db()
    assert entry.action == Action.PERSON_EMAIL_CHANGED
    assert entry.body == {"old": "viewer@example.com", "new": "renamed@example.com"}
    assert_by(entry, administrator, viewer)


def test_the_request_that_is_carried_out_once_it_is_confirmed(log_in, administrator, viewer, entries):
    client = log_in(administrator)
    client.post(change_page(viewer), edited(viewer, email="renamed@example.com"))
    assert entries() == []
    response = type_own_password(client, next=change_page(viewer))
    [entry] = entries()
    assert response["X-Request-ID"] == entry.request_id


def test_a_password_that_somebody_else_set(confirmed, administrator, viewer, entries):
    form = {"password1": NEW, "password2": NEW, "set-password": "1"}
    confirmed(administrator).post(password_page(viewer), form)
    [entry] = entries()
    assert (entry.action, entry.body) == (Action.PERSON_PASSWORD_SET, {"usable": True})
    assert_by(entry, administrator, viewer)


def test_a_password_that_somebody_else_took_away(confirmed, administrator, viewer, entries, mailoutbox, delivered):
    form = {"usable_password": "false", "unset-password": "1"}
    with delivered():
        confirmed(administrator).post(password_page(viewer), form)
    [entry] = entries()
    assert (entry.action, entry.body) == (Action.PERSON_PASSWORD_SET, {"usable": False})
    assert "was removed" in mailoutbox[0].body


def test_another_role_with_what_it_was(log_in, administrator, viewer, entries):
    operators = Group.objects.get(name="Operators")
    log_in(administrator).post(change_page(viewer), edited(viewer, groups=[operators.pk]))
    [entry] = entries()
    assert entry.action == Action.PERSON_ROLES_CHANGED
    assert entry.body == {
        "old": {"roles": ["Viewers"], "permissions": [], "superuser": False},
        "new": {"roles": ["Operators"], "permissions": [], "superuser": False},
    }
    assert_by(entry, administrator, viewer)


def test_permissions_and_becoming_a_superuser(log_in, superuser, viewer, entries):
    viewer.user_permissions.add(Permission.objects.get(codename="edit_batches"))
    log_in(superuser).post(change_page(viewer), edited(viewer, is_superuser="on", user_permissions=[]))
    entry = entries()[-1]
    assert entry.body == {
        "old": {"roles": ["Viewers"], "permissions": ["batches.edit_batches"], "superuser": False},
        "new": {"roles": ["Viewers"], "permissions": [], "superuser": True},
    }


def test_everything_that_one_form_changes(confirmed, administrator, viewer, entries):
    form = edited(viewer, email="renamed@example.com", groups=[], is_active=None)
    confirmed(administrator).post(change_page(viewer), form)
    assert [entry.action for entry in entries()] == [
        Action.PERSON_EMAIL_CHANGED,
        Action.PERSON_ROLES_CHANGED,
        Action.PERSON_DEACTIVATED,
    ]


def test_deactivated_and_reactivated(log_in, administrator, viewer, entries):
    client = log_in(administrator)
    client.post(change_page(viewer), edited(viewer, is_active=None))
    client.post(change_page(viewer), edited(viewer))
    assert [entry.action for entry in entries()] == [Action.PERSON_DEACTIVATED, Action.PERSON_REACTIVATED]
    assert_by(entries()[0], administrator, viewer)


@pytest.mark.parametrize("changes", [{}, {"name": "Other", "time_zone": "UTC"}, {"groups": ["987654"]}])
def test_nothing_where_nothing_of_that_was_changed(log_in, administrator, viewer, entries, changes):
    log_in(administrator).post(change_page(viewer), edited(viewer, **changes))
    assert entries() == []


@pytest.mark.parametrize("password", ["", PASSWORD])
def test_a_new_person_with_their_role(log_in, administrator, entries, password):
    operators = Group.objects.get(name="Operators")
    form = {"email": "new@example.com", "groups": [operators.pk], "password1": password, "password2": password}
    log_in(administrator).post(f"{USERS}add/", form)
    [entry] = [entry for entry in entries() if entry.action == Action.PERSON_CREATED]
    assert entry.body == {
        "new": {"roles": ["Operators"], "permissions": [], "superuser": False},
        "password_set": bool(password),
    }
    assert_by(entry, administrator, User.objects.get(email="new@example.com"))


def test_a_person_made_on_the_command_line_by_nobody(entries, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "x")
    call_command("createsuperuser", "--no-input", "--email", "first@example.com", verbosity=0)
    [entry] = entries()
    assert (entry.action, entry.actor_id, entry.person_email) == (Action.PERSON_CREATED, None, "first@example.com")
    assert entry.body["new"]["superuser"]


@pytest.mark.parametrize(
    "delete", [lambda person: person.delete(), lambda person: User.objects.filter(pk=person.pk).delete()]
)
def test_a_deleted_person_and_all_that_was_said_of_them(confirmed, administrator, viewer, entries, delete):
    confirmed(administrator).post(change_page(viewer), edited(viewer, email="renamed@example.com"))
    pk = viewer.pk
    delete(viewer)
    renamed, deleted = entries()
    assert (renamed.person_id, renamed.body["old"]) == (pk, "viewer@example.com")
    assert (deleted.action, deleted.actor_id, deleted.person_id) == (Action.PERSON_DELETED, None, pk)
    assert deleted.body == {"old": {"roles": ["Viewers"], "permissions": [], "superuser": False}}


def test_a_deletion_that_is_taken_back_was_none(viewer, entries):
    with transaction.atomic():
        viewer.delete()
        transaction.set_rollback(True)
    assert entries() == []


def test_nothing_is_done_that_the_trail_does_not_take(confirmed, administrator, viewer, monkeypatch, mailoutbox):
    def refuse(*args, **kwargs):
        raise IntegrityError("no room")

    client = confirmed(administrator)
    monkeypatch.setattr(people, "entry_add", refuse)
    with pytest.raises(IntegrityError):
        client.post(change_page(viewer), edited(viewer, email="renamed@example.com"))
    viewer.refresh_from_db()
    assert viewer.email == "viewer@example.com"
    assert mailoutbox == []


def test_somebody_who_takes_an_email_that_was_anothers(confirmed, administrator, viewer, entries):
    client = confirmed(administrator)
    client.post(change_page(viewer), edited(viewer, email="renamed@example.com"))
    client.post(f"{USERS}add/", {"email": "viewer@example.com", "password1": PASSWORD, "password2": PASSWORD})
    renamed, created = entries()
    assert renamed.body["old"] == created.person_email == "viewer@example.com"
    assert renamed.person_id == viewer.pk != created.person_id


def test_a_role_that_is_made_and_one_that_may_do_more(log_in, superuser, administrator, entries):
    client = log_in(superuser)
    view, edit = (Permission.objects.get(codename=name) for name in ("view_batches", "edit_batches"))
    client.post(f"{ROLES}add/", {"name": "Guests", "permissions": [view.pk]})
    role = Group.objects.get(name="Guests")
    client.post(f"{ROLES}{role.pk}/change/", {"name": "Guests", "permissions": [view.pk]})
    client.post(f"{ROLES}{role.pk}/change/", {"name": "Guests", "permissions": [view.pk, edit.pk]})
    created, changed = entries()[-2:]
    guests = {"name": "Guests", "permissions": ["batches.view_batches"]}
    assert (created.action, created.body) == (Action.ROLE_CREATED, {"role_id": role.pk, "new": guests})
    assert (changed.action, changed.body["old"]) == (Action.ROLE_CHANGED, guests)
    assert changed.body["new"]["permissions"] == ["batches.edit_batches", "batches.view_batches"]
    assert changed.actor_id == superuser.pk


def test_nobody_loses_a_role_because_it_is_deleted(log_in, superuser):
    role = Group.objects.get(name="Viewers")
    client = log_in(superuser)
    assert client.post(f"{ROLES}{role.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(ROLES, {"action": "delete_selected", "_selected_action": [role.pk], "post": "yes"})
    assert Group.objects.filter(name="Viewers").exists()


class TestThePage:
    """The page of a person in the admin says what was done to them."""

    def page(self, client, person):
        return " ".join(client.get(change_page(person)).content.decode().split())

    def test_it_says_what_was_done_the_newest_first(self, confirmed, administrator, viewer):
        client = confirmed(administrator)
        operators = Group.objects.get(name="Operators")
        client.post(change_page(viewer), edited(viewer, email="renamed@example.com"))
        client.post(change_page(viewer), edited(viewer, email="renamed@example.com", groups=[operators.pk]))
        page = self.page(client, viewer)
        roles = page.index("Roles changed from Viewers to Operators.")
        email = page.index("Email changed from viewer@example.com to renamed@example.com.")
        created = page.index("Person created")
        assert roles < email < created
        assert "By administrator@example.com" in page
        assert "from 127.0.0.1" in page
        assert "On the command line" in page

    def test_it_says_it_to_who_may_only_look(self, log_in, administrator, superuser):
        assert "Person created (superuser), with a password." in self.page(log_in(administrator), superuser)

    def test_a_form_with_a_mistake_says_it_too(self, log_in, administrator, viewer):
        response = log_in(administrator).post(change_page(viewer), edited(viewer, groups=["987654"]))
        assert "Person created" in response.content.decode()

    def test_an_act_of_another_version_is_shown_as_it_was_written(self, log_in, administrator, viewer):
        Entry.objects.create(action="person_teleported", person_id=viewer.pk)
        assert "person_teleported" in self.page(log_in(administrator), viewer)

    def test_nothing_in_it_is_markup(self, log_in, administrator, viewer):
        body = {"old": "<script>alert(1)</script>", "new": ""}
        Entry.objects.create(action=Action.PERSON_EMAIL_CHANGED, person_id=viewer.pk, body=body)
        page = self.page(log_in(administrator), viewer)
        assert "<script>alert" not in page
        assert "to none." in page

    def test_a_hundred_entries_cost_what_one_does(self, log_in, administrator, viewer, django_assert_num_queries):
        client = log_in(administrator)
        # Django keeps the content type that the first visit asks for.
        self.page(client, viewer)
        with CaptureQueriesContext(connection) as one:
            assert "Only the newest" not in self.page(client, viewer)
        Entry.objects.bulk_create(Entry(action=Action.PERSON_REACTIVATED, person_id=viewer.pk) for _ in range(150))
        with django_assert_num_queries(len(one)):
            page = self.page(client, viewer)
        assert page.count("Reactivated") == 100
        assert "Only the newest 100 entries are shown." in page
