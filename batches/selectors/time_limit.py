"""A limit for the time of a query."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction

# SQLite asks this often whether to go on: a few hundred times a second.
STEPS_BETWEEN_LOOKS = 20_000
# PostgreSQL's code, whatever language it speaks.
QUERY_CANCELED = "57014"


class TooSlow(Exception):
    """A query took longer than its limit."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Let the queries of the block take `seconds`. Raises TooSlow.

    On PostgreSQL each statement gets that time, within a transaction of its own; on SQLite all of them together.
    """
    limit = _postgresql if connection.vendor == "postgresql" else _sqlite
    with limit(seconds):
        yield


@contextmanager
def _postgresql(seconds: float) -> Iterator[None]:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # The ORM has no words for it.
            cursor.execute("SET LOCAL statement_timeout = %s", [max(1, round(seconds * 1000))])
            yield
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) == QUERY_CANCELED:
            raise TooSlow from error
        raise


@contextmanager
def _sqlite(seconds: float) -> Iterator[None]:
    connection.ensure_connection()
    raw = connection.connection
    ends = time.monotonic() + seconds
    raw.set_progress_handler(lambda: int(time.monotonic() > ends), STEPS_BETWEEN_LOOKS)
    try:
        yield
    except OperationalError as error:
        if "interrupted" in str(error):
            raise TooSlow from error
        raise
    finally:
        raw.set_progress_handler(None, 0)
