"""What is wrong with a database, said before anything touches it."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import Error, Tags, register
from django.db import connections

# The table of the people until 0.1.0, when the migrations were written anew.
OLD_TABLE = "dashboard_user"


@register(Tags.database)
def refuse_an_old_database(databases: Sequence[str] | None, **_about: Any) -> list[Error]:
    """An error for each database of a version before 0.1.0. `migrate` asks first, and then changes nothing."""
    return [
        Error(
            "This database is of a version before 0.1.0, whose tables cannot be carried over.",
            hint="Move the file of SQLite away, or name an empty database in DATABASE_URL, and migrate again.",
            id="dashboard.E001",
        )
        for alias in databases or ()
        if OLD_TABLE in connections[alias].introspection.table_names()
    ]
