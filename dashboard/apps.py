"""The project as an app of its own: the look, health, the files of its database."""

from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class DashboardConfig(AppConfig):
    name = "dashboard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from dashboard import checks  # noqa: F401 - registers them

        # Whichever app sends it: one without models, as this is, sends none.
        post_migrate.connect(_close_to_others)


def _close_to_others(*, using: str, **_about: Any) -> None:
    """Let nobody but their owner read the files of SQLite. What it makes beside its file gets the same mode."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return
    for end in ("", "-wal", "-shm"):
        path = Path(f"{connection.settings_dict['NAME']}{end}")
        if path.exists():
            path.chmod(0o600)
