"""The accounts of the sandbox: known passwords, and only there."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from batches.access import role_of


def demo_accounts(**options):
    words = StringIO()
    call_command("demo_accounts", stdout=words, **options)
    return words.getvalue()


def test_they_are_refused_outside_of_the_sandbox(db):
    with pytest.raises(CommandError, match="SANDBOX=true"):
        demo_accounts()
    assert not User.objects.exists()


def test_one_of_each_role_is_made_and_printed(db, settings):
    settings.SANDBOX = True
    words = demo_accounts(address="http://127.0.0.1:8000/")
    assert "Open http://127.0.0.1:8000/" in words
    assert {user.email: role_of(user) for user in User.objects.all()} == {
        "viewer@example.com": "Viewer",
        "operator@example.com": "Operator",
        "administrator@example.com": "Administrator",
    }
    assert all(email in words for email in User.objects.values_list("email", flat=True))


def test_the_printed_password_opens_the_account(client, db, settings):
    settings.SANDBOX = True
    [line] = [line for line in demo_accounts().splitlines() if "operator@" in line]
    email, password, _group = line.split()
    assert client.post("/accounts/login/", {"login": email, "password": password}).url == "/"


def test_a_second_run_keeps_what_was_changed(db, settings):
    settings.SANDBOX = True
    demo_accounts()
    viewer = User.objects.get(email="viewer@example.com")
    viewer.set_password("my own")
    viewer.save()
    words = demo_accounts()
    viewer.refresh_from_db()
    assert viewer.check_password("my own")
    assert "(the password was changed)" in words
    assert User.objects.count() == 3
