"""Many rows at once: past the ORM, and without the indexes until they are in."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

Model = type[models.Model]


def hurry() -> None:
    """Let this connection not wait for the disk: what it adds can be made again."""
    postgresql = ("SET synchronous_commit = off", "SET maintenance_work_mem = '512MB'")
    sqlite = ("PRAGMA synchronous = OFF", "PRAGMA cache_size = -400000", "PRAGMA temp_store = MEMORY")
    with connection.cursor() as cursor:
        for statement in postgresql if connection.vendor == "postgresql" else sqlite:
            cursor.execute(statement)


def add_rows(model: Model, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows, in their order. A moment is text, in UTC."""
    table, names = model._meta.db_table, ", ".join(f'"{name}"' for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET timezone = 'UTC'")
            with cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join("?" * len(columns))
            statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608 - names of ours
            connection.connection.executemany(statement, rows)


@contextmanager
def without_indexes(*tables: Model) -> Iterator[None]:
    """Remove the indexes of the tables, and build them anew at the end, which is much faster."""
    with connection.schema_editor() as editor:
        for model in tables:
            for index in model._meta.indexes:
                editor.remove_index(model, index)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            for model in tables:
                for index in model._meta.indexes:
                    editor.add_index(model, index)


def settle(*tables: Model) -> None:
    """Do at once what PostgreSQL does by itself within minutes. SQLite has no such thing."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables):
            cursor.execute(statement)
        for model in tables:
            cursor.execute(f'VACUUM (ANALYZE) "{model._meta.db_table}"')
