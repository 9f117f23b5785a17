"""The project as an app of its own: the look, health checks, and the files of the database."""

from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class DashboardConfig(AppConfig):
    """The configuration of the app."""

    name = "dashboard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dashboard import checks  # noqa: F401 - registers them

        # No sender given: an app without models, such as this one, never sends the signal.
        post_migrate.connect(_close_to_others)


def _close_to_others(*, using: str, **_about: Any) -> None:
    """Make the SQLite files readable to their owner only. Files that SQLite creates beside them get the same mode."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    for end in ("", "-wal", "-shm"):
        path = Path(f"{connection.settings_dict['NAME']}{end}")
        if path.exists():
            path.chmod(0o600)
