"""What the shipped settings do with the database; those of the tests save its time."""

import os
import subprocess
import sys

import pytest

from dashboard.settings import BASE_DIR


@pytest.fixture
def manage(tmp_path):
    """`manage.py` as it ships, on a database of its own in SQLite; returns what it printed."""
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "x" * 50,
        "SYLLABLE_API_KEY": "none",
        "DATABASE_URL": f"sqlite:///{tmp_path / 'var' / 'dashboard.sqlite3'}",
    }

    def manage(*arguments):
        command = [sys.executable, BASE_DIR / "manage.py", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=90)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return manage


ASK = """
from django.db import connection
with connection.cursor() as cursor:
    print(*[cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")])
"""
FULL = 2


def test_what_is_committed_to_sqlite_outlives_a_power_cut(manage):
    assert manage("shell", "--no-imports", "-c", ASK).split() == ["wal", str(FULL)]
