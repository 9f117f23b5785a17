"""Several workers at several operations, and stopping, which has a worker of its own."""

from threading import Event

import pytest

from batches.models import Kind, Operation, State, TargetScope
from syllable.schemas import BatchEdit, Timestamp
from tests.batches.services.factories import start, totals
from tests.workers.campaigns import assert_all_done, fill, finished, taken_over, wait_for_writes
from tests.workers.processes import PATIENCE_SECONDS, eventually

LATER = BatchEdit(expires_on=Timestamp.read("2099-01-01T00:00:00Z"))

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def environment(environment):
    """Give each call and each lease all its time: nobody is killed, and a machine that stalls is no API that does."""
    return environment | {"SYLLABLE_TIMEOUT": "60", "OPERATION_LEASE": "60"}


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_side_by_side_do_each_operation_once(workers, sandbox, processes, operator):
    campaigns = {number: fill(sandbox, 20, campaign_id=number) for number in range(7, 12)}
    operations = {number: start(Kind.PAUSE, operator, campaign_id=number) for number in campaigns}
    for _ in range(workers):
        processes.worker("stop")

    for number, operation in operations.items():
        assert_all_done(operation, sandbox, campaigns[number])


def test_a_pause_does_not_wait_for_the_resume_that_it_ends(sandbox, processes, operator):
    ids = fill(sandbox, 150, status="PAUSED")
    processes.worker("default")
    processes.worker("stop")
    resume = start(Kind.RESUME, operator, scope=TargetScope.FILTER, status="PAUSED")
    taken_over(resume)
    wait_for_writes(sandbox, 5)

    pause = start(Kind.PAUSE, operator)

    assert finished(pause).state == State.FINISHED
    assert finished(resume).state == State.STOPPED
    assert resume.stopped_by == pause
    assert resume.items.filter(state="waiting").exists()
    assert {sandbox.store.batch(batch_id)["status"] for batch_id in ids} == {"PAUSED"}


def test_a_write_that_was_under_way_when_all_was_paused_does_not_slip_through(sandbox, processes, operator):
    ids = fill(sandbox, 1, status="PAUSED")
    under_way, may_land = Event(), Event()
    sandbox.before(lambda request: under_way.set() or may_land.wait(PATIENCE_SECONDS), method="PUT")
    processes.worker("default")
    processes.worker("stop")
    start(Kind.RESUME, operator, scope=TargetScope.FILTER, status="PAUSED")
    assert under_way.wait(PATIENCE_SECONDS)

    pause = start(Kind.PAUSE, operator)
    eventually(lambda: Operation.objects.get(pk=pause.pk).listed_at)
    may_land.set()

    assert finished(pause).state == State.FINISHED
    assert totals(pause) == {"done": 1}
    assert sandbox.store.batch(*ids)["status"] == "PAUSED"


def test_a_pause_begins_while_the_workers_of_the_other_queue_are_busy_elsewhere(sandbox, processes, operator):
    fill(sandbox, 300, campaign_id=8)
    ids = fill(sandbox, 5)
    processes.worker("default")
    processes.worker("stop")
    expiry = start(Kind.EXPIRY, operator, campaign_id=8, edit=LATER)
    taken_over(expiry)
    wait_for_writes(sandbox, 5)

    pause = start(Kind.PAUSE, operator)

    assert finished(pause).state == State.FINISHED
    expiry.refresh_from_db()
    assert expiry.is_open
    assert {sandbox.store.batch(batch_id)["status"] for batch_id in ids} == {"PAUSED"}
