"""What the shipped settings do with the database; those of the tests save its time."""

import os
import sqlite3
from contextlib import closing

import pytest

from tests.workers.processes import Processes


@pytest.fixture
def database(tmp_path):
    """Return the file of the database."""
    (tmp_path / "var").mkdir()
    return tmp_path / "var" / "dashboard.sqlite3"


@pytest.fixture
def manage(database, tmp_path):
    """Run `manage.py` as shipped, on an SQLite database of its own; return its exit code and what it wrote."""
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "SECRET_KEY": "x" * 50,
        "SYLLABLE_API_KEY": "none",
        "DATABASE_URL": f"sqlite:///{database}",
    }

    def manage(*arguments):
        process = processes.manage_as_typed(*arguments)
        return process.wait(), process.log.read_text()

    processes = Processes(environment, tmp_path)
    yield manage
    processes.end()


ASK = """
from django.db import connection
with connection.cursor() as cursor:
    print(*[cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")])
"""
FULL = 2


def test_what_is_committed_to_sqlite_outlives_a_power_cut(manage):
    assert manage("shell", "--no-imports", "-c", ASK) == (0, f"wal {FULL}\n")


ROLES = """
from django.contrib.auth.models import Group
print(*[group.permissions.count() for group in Group.objects.order_by("name")])
"""


def test_the_roles_are_whole_whatever_was_migrated_first(manage):
    for arguments in (["sessions"], ["accounts"], []):
        code, written = manage("migrate", "--verbosity", "0", *arguments)
        assert code == 0, written
    assert manage("shell", "--no-imports", "-c", ROLES) == (0, "6 3 1\n")


@pytest.mark.parametrize(
    "table", ["dashboard_user (id INTEGER PRIMARY KEY)", "batches_change (id INTEGER PRIMARY KEY, wish TEXT)"]
)
def test_a_database_of_before_0_1_0_is_refused_in_words_and_left_as_it_is(manage, database, table):
    with closing(sqlite3.connect(database)) as old, old:
        old.execute(f"CREATE TABLE {table}")
        old.execute("CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app TEXT, name TEXT, applied TEXT)")
        old.execute("INSERT INTO django_migrations (app, name) VALUES ('batches', '0001_initial')")
        tables = old.execute("SELECT * FROM sqlite_schema").fetchall()

    code, written = manage("migrate")

    assert code
    assert "dashboard.E001" in written
    assert "Traceback" not in written
    with closing(sqlite3.connect(database)) as old:
        assert old.execute("SELECT * FROM sqlite_schema").fetchall() == tables
