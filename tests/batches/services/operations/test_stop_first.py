"""While a stop has open batches nothing else begins to write: the API is the stop's."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from batches.models import ItemState, Kind, Operation, State, TargetScope
from batches.outcome_messages import STOP_FIRST
from batches.services.operations.runner import operation_run
from common.clock import from_now
from syllable.schemas import BatchEdit, Timestamp
from tests.batches.services.factories import carried_out, meanwhile, start, totals, wait_for_abandoned_jobs

pytestmark = pytest.mark.django_db(transaction=True)
EXPIRY = BatchEdit(expires_on=Timestamp.read("2099-01-01T00:00:00Z"))


@pytest.fixture
def batches(sandbox, settings):
    """Add a campaign that is paused, and one that runs."""
    settings.OPERATION_CONCURRENCY = 2
    for number in range(20):
        sandbox.store.add_batch(f"paused-{number:02}", campaign_id=8, status="PAUSED")
    for number in range(3):
        sandbox.store.add_batch(f"active-{number}", campaign_id=7, status="ACTIVE")
    return sandbox


def written(sandbox, prefix):
    return {request.path.rsplit("/", 1)[-1] for request in sandbox.requests.of("PUT") if prefix in request.path}


def while_it_gives_way(operation, deed=lambda: None):
    """Have a worker run the operation, do `deed` when the operation gives way to a stop, and have the worker leave."""
    done = []

    def look():
        if not done and Operation.objects.get(pk=operation.pk).detail == STOP_FIRST:
            done.append(deed())
        return bool(done)

    operation_run(operation.pk, must_leave=look)
    wait_for_abandoned_jobs()
    assert done
    operation.refresh_from_db()
    return operation


@pytest.mark.parametrize(("kind", "edit"), [(Kind.RESUME, None), (Kind.EXPIRY, EXPIRY)])
def test_what_runs_already_begins_no_other_batch_until_the_stop_is_done(batches, operator, kind, edit):
    other = start(kind, operator, edit=edit, scope=TargetScope.FILTER, campaign_id=8)
    stops, before = [], []

    def click():
        stops.append(start(Kind.PAUSE, operator))
        before.append(len(written(batches, "paused")))

    batches.before(meanwhile(click), method="PUT", times=1)
    while_it_gives_way(other)
    # Two more had begun when somebody clicked.
    assert len(written(batches, "paused")) <= before[0] + 2
    assert totals(other)[ItemState.WAITING] >= 10
    carried_out(stops[0])
    assert written(batches, "active") == {"active-0", "active-1", "active-2"}
    carried_out(other)
    assert totals(other) == {ItemState.DONE: 20}
    assert not other.detail


def test_it_goes_on_at_once_when_the_stop_has_no_open_batch(batches, operator):
    stop = start(Kind.PAUSE, operator)
    stop.items.create(batch_id="hangs")
    Operation.objects.filter(pk=stop.pk).update(listed_at=Now(), lease_until=from_now(timedelta(minutes=1)))
    resume = start(Kind.RESUME, operator, scope=TargetScope.FILTER, campaign_id=8)
    while_it_gives_way(resume, lambda: stop.items.update(state=ItemState.DONE))
    assert totals(carried_out(resume)) == {ItemState.DONE: 20}


@pytest.mark.parametrize("state", [State.FINISHED, State.STOPPED])
def test_a_stop_that_is_over_is_in_nobodys_way(batches, operator, state):
    stop = start(Kind.PAUSE, operator)
    stop.items.create(batch_id="left")
    Operation.objects.filter(pk=stop.pk).update(state=state)
    resume = carried_out(start(Kind.RESUME, operator, scope=TargetScope.FILTER, campaign_id=8))
    assert totals(resume) == {ItemState.DONE: 20}


def test_a_stop_that_no_worker_has_is_in_nobodys_way(batches, operator):
    stop = start(Kind.PAUSE, operator)
    Operation.objects.filter(pk=stop.pk).update(queued_at=from_now(-timedelta(minutes=2)))
    resume = carried_out(start(Kind.RESUME, operator, scope=TargetScope.FILTER, campaign_id=8))
    assert totals(resume) == {ItemState.DONE: 20}
