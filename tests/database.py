"""The test database: migrated once in a run, and as migrated again after each test that commits."""

import fcntl
import os
import shutil
import sqlite3
from contextlib import closing

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import TransactionTestCase

from tests.trail.guards import flush_past_guards


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory):
    """Return where the processes of a run share a migrated SQLite database, which the first that needs one makes."""
    folder = tmp_path_factory.getbasetemp()
    return (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "migrated.sqlite3"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings, migrated_file):
    """Have SQLite's test database migrated in one process, and copied in the others: migrating takes two seconds."""
    creation, create = connection.creation, connection.creation.create_test_db

    def create_or_copy(**options):
        with migrated_file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not migrated_file.exists():
                name = create(**options)
                with closing(sqlite3.connect(name)) as made, closing(sqlite3.connect(migrated_file)) as copy:
                    made.backup(copy)
                return name
        name = creation._get_test_db_name()
        shutil.copy(migrated_file, name)
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
        return name

    with pytest.MonkeyPatch.context() as patched:
        if connection.vendor == "sqlite":
            patched.setattr(creation, "create_test_db", create_or_copy)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Give a test with `transaction=True` SQLite's pages back as migrated: a flush takes forty times as long."""
    if connection.vendor != "sqlite":
        yield
        return

    def open_database():
        return closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=60))

    with closing(sqlite3.connect(":memory:")) as migrated, pytest.MonkeyPatch.context() as patched:
        with open_database() as database:
            database.backup(migrated)

        def restore(test_case):
            with open_database() as database:
                database.execute("PRAGMA synchronous=OFF")
                migrated.backup(database)

        patched.setattr(TransactionTestCase, "_fixture_teardown", restore)
        yield


@pytest.fixture(autouse=True, scope="session")
def _flush():
    """Let a test that commits leave an empty database, although the trail refuses to be emptied."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(BaseDatabaseOperations, "execute_sql_flush", flush_past_guards)
        yield
