"""Fixtures of the tests of the app."""

from functools import partial

import pytest
from django_tasks_db.models import DBTaskResult

from batches import tasks
from batches.api_client import syllable_client
from batches.models import Operation
from batches.selectors import trail_export
from batches.services.exports import enqueue as export_enqueue
from batches.services.exports import make
from batches.services.operations import enqueue
from sandbox import faults
from syllable.errors import SyllableUnavailable
from syllable.resilience import circuit_breaker
from tests.batches.holds import elsewhere, look, watcher
from tests.batches.views.odd_answers import answer_with_odd_objects

__all__ = ["elsewhere", "look", "watcher"]


@pytest.fixture
def open_list(client, viewer, sandbox):
    """Open the list of batches as a viewer, with a query, and return its HTML."""
    client.force_login(viewer)

    def open_list(**query):
        response = client.get("/batches/", query)
        assert response.status_code == 200
        return response.content.decode()

    return open_list


@pytest.fixture
def silence(sandbox, monkeypatch):
    """Make the API hang, and the dashboard know it; the dashboard does not check again by itself."""

    def silence():
        monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 3600)
        # Each call ends before the next one: an abandoned call could still arrive.
        failing = sandbox.faults.add(faults.answer(500), times=None)
        for _ in range(circuit_breaker.FAILURES):
            with pytest.raises(SyllableUnavailable):
                syllable_client().get_batch("any")
        assert failing.hits == circuit_breaker.FAILURES
        assert syllable_client().silent_since
        sandbox.faults.clear()
        sandbox.faults.add(faults.hang(), times=None)
        sandbox.requests.clear()

    return silence


@pytest.fixture
def answer_with(sandbox, contract):
    """Have the API answer all reads with odd objects; see `answer_with_odd_objects`."""
    return partial(answer_with_odd_objects, sandbox, contract)


@pytest.fixture
def queued(monkeypatch):
    """Return the operations handed to a queue, in order; the test's own transaction holds none back."""
    monkeypatch.setattr(enqueue, "on_commit", lambda act: act())

    def queued():
        tasks = DBTaskResult.objects.order_by("enqueued_at")
        return [Operation.objects.get(pk=task.args_kwargs["args"][0]) for task in tasks]

    return queued


@pytest.fixture
def exports_folder(exports_folder, monkeypatch):
    """Have a worker make files of more than three entries, and return the folder of these."""
    monkeypatch.setattr(trail_export, "MOST_STREAMED", 3)
    # Of a machine that has little.
    monkeypatch.setattr(make, "LEAST_FREE", 0)
    # The test's own transaction is on the connection, and holds nothing back.
    monkeypatch.setattr(export_enqueue, "on_commit", lambda act: act())
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)
    return exports_folder
