"""People of every role, and a browser-like client for each."""

import pytest
from django.contrib.auth.models import Group

from dashboard.models import User

PASSWORD = "a long enough password"


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


@pytest.fixture
def log_in(client):
    def log_in(person):
        client.force_login(person)
        return client

    return log_in
