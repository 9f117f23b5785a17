"""`manage.py backup FILE`: the whole database in one file."""

import os
import subprocess
from argparse import ArgumentParser
from pathlib import Path
from tempfile import mkstemp
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection


class Command(BaseCommand):
    """Replaces the file once the new one is complete. docs/deploy.md says how to restore it."""

    help = "Back up the database to a file that only its owner can read. Safe while everything runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        if not connection.introspection.table_names():
            raise CommandError("The database has no tables. Check DATABASE_URL.")
        # Only the owner may read the file.
        descriptor, name = mkstemp(dir=file.parent, prefix=f".{file.name}.")
        os.close(descriptor)
        new = Path(name)
        try:
            _write(new)
            _to_disk(new)
            new.replace(file)
            _to_disk(file.parent)
        finally:
            new.unlink(missing_ok=True)


def _write(file: Path) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(file)])
        return
    # As for `manage.py dbshell`: whoever lists processes must not see the password.
    (_, *address), secret = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    command = ["pg_dump", "--no-owner", f"--file={file}", *address]
    try:
        subprocess.run(command, env=os.environ | (secret or {}), check=True)  # noqa: S603
    except FileNotFoundError as error:
        raise CommandError("pg_dump is not installed. It comes with PostgreSQL.") from error
    except subprocess.CalledProcessError as error:
        raise CommandError("pg_dump failed.") from error


def _to_disk(path: Path) -> None:
    """Flush `path` to disk, so that the file survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
