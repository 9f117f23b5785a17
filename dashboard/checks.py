"""What is wrong with a database, reported before anything touches the data."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import Error, Tags, register
from django.db import connections

# The users' table before 0.1.0, when the migrations were rewritten.
OLD_TABLE = "dashboard_user"


@register(Tags.database)
def refuse_an_old_database(databases: Sequence[str] | None, **_about: Any) -> list[Error]:
    """Return an error for each database from before 0.1.0, so that `migrate` stops before it changes anything."""
    return [
        Error(
            "This database is from before version 0.1.0 and cannot be migrated.",
            hint="Move the SQLite file away, or set DATABASE_URL to an empty database. Then migrate again.",
            id="dashboard.E001",
        )
        for alias in databases or ()
        if OLD_TABLE in connections[alias].introspection.table_names()
    ]
