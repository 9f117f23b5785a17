"""Backing up and restoring, by the commands that docs/deploy.md gives for it."""

import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from sandbox.contracts import CONTRACTS
from sandbox.server import Sandbox

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 120
DATABASE = settings.DATABASES["default"]
IS_SQLITE = DATABASE["ENGINE"].endswith("sqlite3")
MISSING = [tool for tool in ("pg_dump", "psql") if not IS_SQLITE and not shutil.which(tool)]
FOLDER = Path("var")
FILE, BACKUP = FOLDER / "dashboard.sqlite3", FOLDER / "dashboard.backup"

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed here: {', '.join(MISSING)}")
for_sqlite = pytest.mark.skipif(not IS_SQLITE, reason="PostgreSQL keeps its own files")


def documented():
    """Of docs/deploy.md the commands that back up and those that restore, for the database of this test run."""
    section = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8").split("## Back up and restore", 1)[1]
    blocks = re.findall(r"(?s)```sh\n(.*?)```", section.split("\n## ", 1)[0])
    return [commands_for(block, "SQLite" if IS_SQLITE else "PostgreSQL") for block in blocks]


def commands_for(block, database):
    """Those under a comment that names the database."""
    return dict(re.findall(r"(?ms)^# (SQLite|PostgreSQL)(?:: .*?)?\n(.*?)(?=^# |\Z)", block))[database]


class Server:
    """Where the databases of PostgreSQL are made."""

    def __init__(self):
        self.address = {setting.lower(): DATABASE[setting] for setting in ("HOST", "PORT", "USER", "PASSWORD")}

    def url(self, name):
        return "postgres://{user}:{password}@{host}:{port}/".format(**self.address) + name

    def execute(self, sql):
        with self.connect("postgres") as connection:
            connection.execute(sql)

    def connect(self, name):
        return psycopg.connect(**self.address, dbname=name, autocommit=True)


class Place:
    """A folder in which the dashboard is installed, with a database of its own."""

    def __init__(self, folder, api):
        self.folder = folder
        self.name = f"{folder.name}_{os.getpid()}"
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "manage.py").symlink_to(ROOT / "manage.py")
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "SECRET_KEY": "x" * 50,
            "SYLLABLE_API_KEY": api.api_key,
            "SYLLABLE_API_URL": api.url,
            "DATABASE_URL": f"sqlite:///{folder / FILE}" if IS_SQLITE else Server().url(self.name),
        }

    def run(self, commands, *arguments, check=True):
        """Commands as somebody types them there whose new files everybody may read."""
        return subprocess.run(
            ["/bin/sh", "-euc", f"umask 022\n{commands}", "sh", *arguments],
            cwd=self.folder,
            env=self.environment,
            timeout=PATIENCE_SECONDS,
            check=check,
            capture_output=not check,
            text=True,
        )

    def connect(self):
        if IS_SQLITE:
            return sqlite3.connect(self.folder / FILE, timeout=PATIENCE_SECONDS, isolation_level=None)
        return Server().connect(self.name)

    def add_entry(self):
        """Write to the trail."""
        texts = "action, actor_email, request_id, batch_id, campaign_name, person_email, outcome, origin, reason"
        with closing(self.connect()) as connection:
            connection.execute(
                f"INSERT INTO trail_entry ({texts}, body) VALUES ('', '', '', '', '', '', '', '', '', '{{}}')"
            )

    def count(self, table):
        with closing(self.connect()) as connection:
            return connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]

    def mode(self, name):
        return stat.S_IMODE((self.folder / name).stat().st_mode)

    def names(self):
        return {path.name for path in (self.folder / FOLDER).iterdir()}


@pytest.fixture(scope="module")
def api():
    with Sandbox(api_key="key-for-tests", contract=CONTRACTS["2025-04"]) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def migrated(tmp_path_factory, api):
    """Provide a place as `migrate` leaves it, to inspect and to copy."""
    place = Place(tmp_path_factory.mktemp("migrated"), api)
    if not IS_SQLITE:
        Server().execute(f'CREATE DATABASE "{place.name}"')
    place.run(".venv/bin/python manage.py migrate --verbosity=0")
    yield place
    if not IS_SQLITE:
        Server().execute(f'DROP DATABASE "{place.name}" WITH (FORCE)')


@pytest.fixture
def place(migrated, tmp_path, api):
    place = Place(tmp_path, api)
    (place.folder / FOLDER).mkdir()
    if IS_SQLITE:
        shutil.copy(migrated.folder / FILE, place.folder / FILE)
        yield place
    else:
        Server().execute(f'CREATE DATABASE "{place.name}" TEMPLATE "{migrated.name}"')
        yield place
        Server().execute(f'DROP DATABASE "{place.name}" WITH (FORCE)')


USE = """
from django.contrib.sessions.backends.db import SessionStore
from batches.services.changes.update import batch_pause
from tests.conftest import member_of
SessionStore().create()
batch_pause(batch_id="a", actor=member_of("Operators", "operator@example.com"))
"""


def test_what_was_backed_up_is_there_again_and_nobody_is_logged_in(place, api):
    back_up, restore = documented()
    api.store.add_batch("a", status="ACTIVE")
    place.run('.venv/bin/python manage.py shell --no-imports -c "$1"', USE)
    place.add_entry()
    assert place.count("batches_change WHERE outcome = 'applied'") == place.count("django_session") == 1

    entries = place.count("trail_entry")

    place.run(back_up)
    place.add_entry()
    place.run(restore)

    assert place.count("batches_change WHERE outcome = 'applied'") == 1
    assert place.count("trail_entry") == entries
    assert place.count("django_session") == 0


def test_writing_goes_on_during_a_backup_and_a_restored_database_can_be_backed_up_again(place):
    back_up, restore = documented()
    for _ in range(2):
        with writing(place) as wait_for_an_entry:
            wait_for_an_entry()
            earlier = place.count("trail_entry")
            place.run(back_up)
            wait_for_an_entry()
        later = place.count("trail_entry")
        place.run(restore)
        assert earlier <= place.count("trail_entry") < later


@contextmanager
def writing(place):
    """While somebody writes to the trail again and again; gives what returns when one more entry was written since."""
    written, enough = threading.Semaphore(0), threading.Event()

    def write():
        # Without the pause it would keep a core from the backup.
        while not enough.wait(0.01):
            place.add_entry()
            written.release()

    def wait_for_an_entry():
        while written.acquire(blocking=False):
            pass
        assert written.acquire(timeout=PATIENCE_SECONDS)

    with ThreadPoolExecutor(1) as threads:
        writer = threads.submit(write)
        try:
            yield wait_for_an_entry
        finally:
            enough.set()
    writer.result()


def test_a_backup_is_for_its_owner_alone_and_takes_the_place_of_the_one_before(place):
    back_up, _ = documented()
    (place.folder / BACKUP).write_text("the one before")
    names = place.names()

    place.run(f"umask 0\n{back_up}")

    assert place.names() == names
    assert place.mode(BACKUP) == 0o600
    assert (place.folder / BACKUP).read_bytes() != b"the one before"


def test_a_backup_that_fails_leaves_the_one_before_and_says_why(place):
    back_up, _ = documented()
    (place.folder / BACKUP).write_text("the one before")
    place.environment["DATABASE_URL"] += "_that_is_not_there"

    failed = place.run(back_up, check=False)

    assert failed.returncode != 0
    assert re.search("no tables|does not exist", failed.stderr)
    assert {name for name in place.names() if name.startswith((".", BACKUP.name))} == {BACKUP.name}
    assert (place.folder / BACKUP).read_text() == "the one before"


@for_sqlite
def test_the_database_is_for_its_owner_alone_with_all_that_is_beside_it(migrated):
    with closing(migrated.connect()) as connection:
        connection.execute("UPDATE trail_entry SET reason = ''")
        modes = {path.name: migrated.mode(path) for path in (migrated.folder / FOLDER).iterdir()}

    assert modes == {f"{FILE.name}{end}": 0o600 for end in ("", "-wal", "-shm")}
    assert migrated.mode(FOLDER) == 0o700


@for_sqlite
def test_a_database_that_others_could_read_is_closed_to_them_by_the_next_migrate(place):
    (place.folder / FILE).chmod(0o644)
    place.run(".venv/bin/python manage.py migrate --verbosity=0")
    assert place.mode(FILE) == 0o600
