"""What watches the process hears the truth, without logging in."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from dashboard import health


@pytest.fixture(autouse=True)
def _forget_what_was_found():
    health.require_migrations.cache_clear()
    yield
    health.require_migrations.cache_clear()


def test_alive_needs_no_database(client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"alive\n")


def test_ready_when_the_database_is_migrated(client, db):
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (200, b"ready\n")


def test_looking_again_costs_one_query(client, db, django_assert_num_queries):
    client.get("/readyz")
    with django_assert_num_queries(1):
        client.get("/readyz")


def test_not_ready_while_a_migration_is_missing(client, db):
    [newest] = MigrationLoader(connection).graph.leaf_nodes("accounts")
    MigrationRecorder(connection).record_unapplied(*newest)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert b"not migrated" in response.content


def test_not_ready_without_a_database(client, db, monkeypatch):
    def unreachable(*_args):
        raise OperationalError("connection refused at 10.1.2.3")

    with monkeypatch.context() as broken:
        broken.setattr(connection, "cursor", unreachable)
        response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"not ready: the database does not answer\n")


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_health_is_only_read(client, db, address):
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_health_is_answered_without_https(client, db, settings, address):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(address).status_code == 200
    assert client.get("/accounts/login/").status_code == 301
