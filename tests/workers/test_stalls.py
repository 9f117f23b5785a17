"""A worker that stalls, as a machine may that swaps or sleeps, and comes back when another one has its operation."""

import signal
import sqlite3
from contextlib import closing

import pytest
from django.db import connection

from batches.models import Kind, Outcome
from tests.batches.services.factories import start
from tests.workers.campaigns import assert_all_done, fill_for_seconds, finished, taken_over, wait_for_writes, writes
from tests.workers.processes import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stalled(sandbox, processes, operator):
    """Provide a worker that stalled in the middle of an operation, and another one that took over.

    The stalled one uses a name of its own at the API, which identifies its writes.
    """
    ids = fill_for_seconds(sandbox)
    operation = start(Kind.PAUSE, operator)
    worker = processes.worker("stop", SYLLABLE_API_URL=sandbox.url.replace("127.0.0.1", "localhost"))
    token = taken_over(operation)
    wait_for_writes(sandbox, 5)
    worker.stall()
    while is_database_held():
        worker.send(signal.SIGCONT)
        eventually(lambda: not is_database_held())
        worker.stall()
    worker.operation, worker.ids = operation, ids
    worker.under_way = set(operation.changes.filter(outcome=Outcome.STARTED).values_list("request_id", flat=True))
    processes.sweep()
    processes.worker("stop")
    taken_over(operation, other_than=token)
    return worker


def test_what_it_had_not_begun_it_leaves_to_the_worker_that_took_over(stalled, sandbox):
    written = len(writes_of_the_stalled(sandbox))

    stalled.send(signal.SIGCONT)
    has_left(stalled)

    late = {request.headers["X-Request-ID"] for request in writes_of_the_stalled(sandbox)[written:]}
    assert late <= stalled.under_way
    assert_all_done(stalled.operation, sandbox, stalled.ids)


def test_after_the_time_of_its_writes_is_over_it_sends_nothing_at_all(stalled, sandbox):
    assert finished(stalled.operation)
    written = len(writes_of_the_stalled(sandbox))

    stalled.send(signal.SIGCONT)
    has_left(stalled)

    assert len(writes_of_the_stalled(sandbox)) == written
    assert_all_done(stalled.operation, sandbox, stalled.ids)


def is_database_held():
    """Return whether a worker that stalls now keeps others waiting, as it does within a transaction.

    SQLite has one writer at a time. PostgreSQL keeps the rows that a transaction changed until its session ends.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend' AND state <> 'idle'"
            )
            return cursor.fetchone() is not None
    with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0.5)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
    return False


def writes_of_the_stalled(sandbox):
    return [request for request in writes(sandbox) if request.headers["Host"].startswith("localhost")]


def has_left(worker):
    """Return when the worker has noticed that it lost the operation."""
    eventually(lambda: "operation_left" in worker.log.read_text())
