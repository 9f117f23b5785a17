"""Whether the database has the migrations of this version."""

from functools import cache

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


class NotMigrated(Exception):
    """The database lacks migrations of this version."""


@cache
def require_migrations() -> None:
    """Raise NotMigrated unless every migration is applied. Success is cached: migrations are never reversed."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMigrated
