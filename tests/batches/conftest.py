"""Fixtures of the tests of the app."""

from functools import partial

import pytest
from django_tasks_db.models import DBTaskResult

from batches.connection import syllable_client
from batches.models import Operation
from batches.services.operations import queue
from sandbox import faults
from syllable.errors import SyllableUnavailable
from syllable.resilience import circuit_breaker
from tests.batches.views.odd_answers import answer_with_odd_objects


@pytest.fixture
def open_list(client, viewer, sandbox):
    """Opens the list of batches as a viewer, with a query, and gives its HTML."""
    client.force_login(viewer)

    def open_list(**query):
        response = client.get("/batches/", query)
        assert response.status_code == 200
        return response.content.decode()

    return open_list


@pytest.fixture
def silence(sandbox, monkeypatch):
    """Makes the API hang, known to the dashboard as not answering, which it does not try again by itself."""

    def silence():
        monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 3600)
        # Each call is over before the next: one that was given up could still arrive.
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
    """Has the API answer all reads with odd objects; see `answer_with_odd_objects`."""
    return partial(answer_with_odd_objects, sandbox, contract)


@pytest.fixture
def queued(monkeypatch):
    """Returns the operations that were handed to a queue, in this order; a test's own transaction keeps none back."""
    monkeypatch.setattr(queue, "on_commit", lambda act: act())

    def queued():
        tasks = DBTaskResult.objects.order_by("enqueued_at")
        return [Operation.objects.get(pk=task.args_kwargs["args"][0]) for task in tasks]

    return queued
