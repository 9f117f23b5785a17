"""People of every role, and a browser-like client for each."""

from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Group
from django_tasks_db.models import DBTaskResult

from accounts import tasks
from accounts.models import User
from tests.accounts.mail_server import MailServer

PASSWORD = "a long enough password"
USERS = "/admin/accounts/user/"
ROLES = "/admin/auth/group/"


def make_person(name, *groups, **fields):
    person = User.objects.create_user(f"{name}@example.com", PASSWORD, name=name.title(), **fields)
    person.groups.set(Group.objects.filter(name__in=groups))
    return person


@pytest.fixture
def viewer(db):
    return make_person("viewer", "Viewers")


@pytest.fixture
def operator(db):
    return make_person("operator", "Operators")


@pytest.fixture
def administrator(db):
    return make_person("administrator", "Administrators")


@pytest.fixture
def superuser(db):
    return make_person("superuser", is_superuser=True)


def edited(person, **changes):
    """Return the admin's form for a person as a browser sends it; None leaves a field out."""
    form = {
        "email": person.email or "",
        "name": person.name,
        "time_zone": person.time_zone,
        "groups": [group.pk for group in person.groups.all()],
        "is_active": "on",
    }
    return {name: value for name, value in (form | changes).items() if value is not None}


def change_page(person):
    return f"{USERS}{person.pk}/change/"


def password_page(person):
    return f"{USERS}{person.pk}/password/"


def type_own_password(client, password=PASSWORD, **query):
    """Confirm one's identity, as the page before a dangerous act asks."""
    return client.post("/accounts/reauthenticate/", {"password": password}, query_params=query)


@pytest.fixture
def log_in(client):
    def log_in(person):
        client.force_login(person)
        return client

    return log_in


@pytest.fixture
def confirmed(log_in):
    """Provide a client of somebody who has just confirmed their identity."""

    def confirmed(person):
        client = log_in(person)
        type_own_password(client)
        return client

    return confirmed


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Wrap a request, so that what waits for the end of its transaction runs although the test's own continues."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def work(monkeypatch):
    """Be a worker until nothing is left to do."""
    # The test's own transaction is on the connection.
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)

    def work():
        while waiting := DBTaskResult.objects.ready().first():
            waiting.claim("of-the-test")
            waiting.task.call(*waiting.args_kwargs["args"])
            waiting.set_successful(None)

    return work


@pytest.fixture
def delivered(committed, work):
    """Wrap a request, and deliver its mails afterwards."""

    @contextmanager
    def delivered():
        with committed():
            yield
        work()

    return delivered


@pytest.fixture
def mail_server(settings):
    """Provide a mail server that accepts everything, with the settings pointing to it."""
    with MailServer() as mail_server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server.port
        yield mail_server
