"""What holds for a user however they were made: one email, which is the one verified address of their account."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.core.management import call_command

from accounts.models import User
from batches.access import role_of


def addresses(person):
    return list(EmailAddress.objects.filter(user=person).values_list("email", "verified", "primary"))


def test_a_made_user_has_one_verified_primary_address(db):
    person = User.objects.create_user(" Someone@Example.COM ", "x")
    assert person.email == "someone@example.com"
    assert addresses(person) == [("someone@example.com", True, True)]


def test_so_has_one_made_by_createsuperuser(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "x")
    call_command("createsuperuser", "--no-input", "--email", "first@example.com", verbosity=0)
    person = User.objects.get(email="first@example.com")
    assert person.is_superuser
    assert addresses(person) == [("first@example.com", True, True)]


def test_the_address_follows_the_email(viewer):
    viewer.email = "renamed@example.com"
    viewer.save()
    assert addresses(viewer) == [("renamed@example.com", True, True)]


def test_a_user_without_an_email_has_no_address(viewer):
    viewer.email = ""
    viewer.save()
    viewer.refresh_from_db()
    assert viewer.email is None
    assert addresses(viewer) == []


def test_two_people_may_be_without_an_email(db):
    User.objects.create(name="One")
    User.objects.create(name="Two")


def test_a_login_does_not_touch_the_address(viewer, django_assert_num_queries):
    with django_assert_num_queries(1):
        viewer.save(update_fields=["last_login"])


@pytest.mark.parametrize(
    ("person", "role", "manages"),
    [
        ("viewer", "Viewer", False),
        ("operator", "Operator", False),
        ("administrator", "Administrator", True),
        ("superuser", "Administrator", True),
    ],
)
def test_the_role_follows_from_what_a_person_may_do(request, db, person, role, manages):
    user = request.getfixturevalue(person)
    assert role_of(user) == role
    assert user.is_staff is manages


def test_someone_without_a_group_has_no_role(db):
    assert role_of(User.objects.create_user("new@example.com")) == "No role"


def test_a_permission_may_be_granted_to_the_person_or_to_a_group_of_theirs(viewer, django_assert_num_queries):
    viewer.user_permissions.add(Permission.objects.get(codename="edit_batches"))
    with django_assert_num_queries(1):
        assert viewer.get_all_permissions() == {"batches.view_batches", "batches.edit_batches"}


def test_somebody_inactive_may_do_nothing(operator):
    operator.is_active = False
    assert operator.get_all_permissions() == set()


def test_a_superuser_may_do_everything(superuser):
    assert len(superuser.get_all_permissions()) == Permission.objects.count()


def test_a_role_that_is_taken_away_is_gone_with_the_next_page(client, operator):
    client.force_login(operator)
    assert client.get("/changes/").status_code == 200
    operator.groups.clear()
    assert client.get("/changes/").status_code == 403


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "europe"])
def test_only_a_zone_that_exists_is_valid(viewer, zone):
    viewer.time_zone = zone
    with pytest.raises(ValidationError, match="is not a time zone"):
        viewer.full_clean()
