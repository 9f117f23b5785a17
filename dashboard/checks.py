"""What is wrong with a database, reported before anything touches the data."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

# The users' table before 0.1.0, when the migrations were rewritten.
OLD_TABLE = "dashboard_user"
# A column of the changes, as it was called until 0.1.0.
OLD_COLUMN = ("batches_change", "wish")


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
        if _is_old(connections[alias])
    ]


def _is_old(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if OLD_TABLE in tables:
            return True
        table, column = OLD_COLUMN
        if table not in tables:
            return False
        return column in [field.name for field in connection.introspection.get_table_description(cursor, table)]
