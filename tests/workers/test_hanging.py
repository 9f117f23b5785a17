"""A worker whose calls hang is free for more urgent work, and still ends what it left."""

import signal
import threading
import time

import pytest

from batches.models import Kind, Operation, State, TargetScope
from tests.batches.services.factories import start, totals
from tests.workers.campaigns import fill, finished, writes
from tests.workers.processes import eventually

pytestmark = pytest.mark.django_db(transaction=True)

HANGING = 6
# Two or three are measured; a worker that waits for its calls takes up to 30.
MOST_SECONDS = 15


@pytest.fixture
def held(sandbox):
    """Hold the writes of campaign 8 until release."""
    may_go = threading.Event()
    sandbox.before(lambda request: may_go.wait(600), method="PUT", path="/8-", times=None)
    yield may_go
    may_go.set()


@pytest.fixture
def timeout():
    """Return the seconds of a call: many, where a worker must not wait for them."""
    return 10.0


# Where they are waited for.
short_calls = pytest.mark.parametrize("timeout", [2.0])


@pytest.fixture
def start_worker(processes, timeout):
    return processes.quick_worker if timeout < 10 else processes.worker


@pytest.fixture
def hanging(held, sandbox, start_worker, operator, timeout):
    """Let the only stopper pause campaign 8, and wait for nothing but calls that hang."""
    fill(sandbox, HANGING, campaign_id=8)
    operation = start(Kind.PAUSE, operator, campaign_id=8)
    worker = start_worker("stop", SYLLABLE_TIMEOUT=str(timeout), OPERATION_LEASE="10")
    # Each batch had its short try, and hangs in the one that has the whole time.
    eventually(lambda: len(writes(sandbox)) >= 2 * HANGING)
    return operation, worker


def wait_until_paused(sandbox, ids):
    eventually(lambda: {sandbox.store.batch(batch_id)["status"] for batch_id in ids} == {"PAUSED"})


def test_an_emergency_stop_does_not_wait_for_a_pause_that_hangs(hanging, sandbox, operator):
    ids = fill(sandbox, 20)
    began = time.monotonic()
    start(Kind.PAUSE, operator, scope=TargetScope.ALL)

    eventually(lambda: any("/7-" in write.path for write in writes(sandbox)))

    assert time.monotonic() - began < MOST_SECONDS
    wait_until_paused(sandbox, ids)


def test_a_pause_does_not_wait_for_another_that_hangs(hanging, sandbox, operator):
    ids = fill(sandbox, 20)
    began = time.monotonic()
    pause = start(Kind.PAUSE, operator, campaign_id=7)

    wait_until_paused(sandbox, ids)

    assert time.monotonic() - began < MOST_SECONDS
    assert finished(pause).state == State.FINISHED
    assert totals(pause) == {"done": 20}


def test_what_was_left_hanging_is_ended_when_it_is_answered(hanging, held, sandbox, operator):
    operation, _ = hanging
    stop = start(Kind.PAUSE, operator, scope=TargetScope.ALL)
    eventually(lambda: Operation.objects.get(pk=stop.pk).started_at)
    held.set()

    assert finished(operation).state == State.FINISHED
    assert finished(stop).state == State.FINISHED
    assert totals(operation) == {"done": HANGING}
    assert {sandbox.store.batch(f"8-{number}")["status"] for number in range(HANGING)} == {"PAUSED"}


@short_calls
def test_two_that_hang_take_turns_and_come_to_an_end(hanging, sandbox, held, operator):
    operation, _ = hanging
    sandbox.before(lambda request: held.wait(600), method="PUT", path="/7-", times=None)
    fill(sandbox, HANGING)
    other = start(Kind.PAUSE, operator, campaign_id=7)

    assert finished(operation).state == finished(other).state == State.FINISHED
    assert totals(operation) == totals(other) == {"unconfirmed": HANGING}


@short_calls
def test_a_worker_that_is_told_to_end_ends_what_it_left_hanging(hanging, sandbox, operator):
    operation, worker = hanging
    stop = start(Kind.PAUSE, operator, scope=TargetScope.ALL)
    eventually(lambda: Operation.objects.get(pk=stop.pk).started_at)
    began = set(operation.changes.filter(outcome="started"))

    worker.send(signal.SIGTERM)
    eventually(lambda: not worker.is_alive)

    assert began
    assert not operation.changes.filter(outcome="started").exists()
    assert {change.outcome for change in operation.changes.filter(pk__in=[change.pk for change in began])} == {
        "unconfirmed"
    }
