"""What an operation says while it waits for the API, and that it says so no longer than it waits."""

import pytest

from batches.models import Kind, Operation, State, TargetScope
from batches.services.operations.actions import operation_stop
from batches.services.operations.lease import lease_acquire
from batches.services.operations.runner import operation_run
from sandbox import faults
from tests.batches.services.factories import carried_out, start, totals, wait_for_abandoned_jobs

pytestmark = pytest.mark.django_db(transaction=True)

WAITS = "This operation continues when Syllable answers."


@pytest.fixture
def down(sandbox):
    sandbox.store.add_batch("a", campaign_id=7, status="ACTIVE")
    sandbox.store.add_batch("b", campaign_id=7, status="PAUSED")
    return sandbox.faults.add(faults.answer(503), times=None)


def while_it_waits(operation, deed):
    """Have a worker run the operation until it leaves, and do `deed` when the operation says that it waits."""
    done = []

    def look():
        if not done and WAITS in Operation.objects.get(pk=operation.pk).detail:
            done.append(deed())
        return False

    operation_run(operation.pk, must_leave=look)
    wait_for_abandoned_jobs()
    assert done
    operation.refresh_from_db()
    return operation


def test_one_that_was_stopped_says_nothing_of_going_on(down, operator):
    operation = start(Kind.PAUSE, operator)

    while_it_waits(operation, lambda: operation_stop(operation=operation, actor=operator))

    assert operation.state == State.STOPPED
    assert operation.detail == ""


def test_one_that_another_has_ended_says_nothing_of_going_on(down, operator):
    resume = start(Kind.RESUME, operator, scope=TargetScope.FILTER, status="PAUSED")

    while_it_waits(resume, lambda: start(Kind.PAUSE, operator, scope=TargetScope.ALL))

    assert resume.state == State.STOPPED
    assert resume.detail == ""


def test_one_that_another_worker_has_taken_over_says_what_that_one_waits_for(down, operator):
    operation = start(Kind.PAUSE, operator)

    def take_over():
        Operation.objects.filter(pk=operation.pk).update(token="", lease_until=None)
        return lease_acquire(operation.pk)

    while_it_waits(operation, take_over)

    assert operation.state == State.RUNNING
    assert operation.detail == ""


def test_one_that_goes_on_says_nothing_of_it(down, sandbox, operator):
    operation = start(Kind.PAUSE, operator)

    while_it_waits(operation, sandbox.faults.clear)

    assert totals(carried_out(operation)) == {"done": 1}
    assert operation.state == State.FINISHED
    assert operation.detail == ""
