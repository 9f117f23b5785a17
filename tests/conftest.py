"""Fixtures that every room of the tests may use: the sandbox as the API, and people in their roles."""

from contextlib import ExitStack
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.cache import caches

from batches.connection import client_for
from batches.sandbox.contracts import CONTRACTS
from batches.sandbox.server import Sandbox
from dashboard.models import User


@pytest.fixture(autouse=True)
def _nothing_known_of_the_api():
    """That the API does not answer is known for the test in which it did not."""
    client_for.cache_clear()


@pytest.fixture(scope="session")
def sandbox_servers():
    """A sandbox of each contract for the whole run; `sandbox` empties one for each test."""
    with ExitStack() as running:
        yield {
            name: running.enter_context(Sandbox(api_key="key-for-tests", contract=contract))
            for name, contract in CONTRACTS.items()
        }


@pytest.fixture
def contract():
    """The contract that the sandbox speaks; a test that is for several is parametrized with their names."""
    return "2025-04"


@pytest.fixture
def sandbox(sandbox_servers, contract, settings):
    """An empty sandbox that the settings point to."""
    sandbox_server = sandbox_servers[contract]
    sandbox_server.reset()
    settings.SYLLABLE_API_CONTRACT = contract
    settings.SYLLABLE_API_URL = sandbox_server.url
    settings.SYLLABLE_API_KEY = sandbox_server.api_key
    settings.SYLLABLE_TIMEOUT = 1.0
    caches["local"].clear()
    yield sandbox_server
    sandbox_server.reset()
    caches["local"].clear()


def member_of(role, email, **fields):
    """A person in a role, "" for none."""
    user = User.objects.create_user(email, **fields)
    if role:
        user.groups.add(role_called(role))
    return user


def role_called(name):
    """The group of a role, which a migration made: again where a test with real transactions has emptied the tables."""
    if not Group.objects.exists():
        import_module("batches.migrations.0002_roles").make_roles(apps, None)
        import_module("batches.migrations.0004_stop_everything").allow(apps, None)
    return Group.objects.get(name=name)


@pytest.fixture
def viewer(db):
    return member_of("Viewers", "viewer@example.com")


@pytest.fixture
def operator(db):
    return member_of("Operators", "operator@example.com")


@pytest.fixture
def nobody(db):
    """Somebody without a role."""
    return member_of("", "nobody@example.com")
