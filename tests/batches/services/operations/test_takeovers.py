"""What a dead worker leaves to the next one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches.models import Change, Kind, Origin, Outcome, State
from batches.services.changes.reconcile import change_settle
from batches.services.changes.update import batch_update
from batches.services.operations.actions import operation_retry
from sandbox import faults
from tests.batches.services.factories import carried_out, meanwhile, start, totals

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_batch_that_was_written_but_not_yet_reported_counts_as_done_and_is_not_written_again(sandbox, operator):
    sandbox.store.add_batch("a", campaign_id=7, status="ACTIVE")
    operation = start(Kind.PAUSE, operator)
    operation.items.create(batch_id="a")
    batch_update(batch_id="a", edit=operation.edit, actor=operator, origin=Origin.OPERATION, operation=operation)

    carried_out(operation)

    assert operation.state == State.FINISHED
    assert totals(operation) == {"done": 1}
    assert operation.items.get().change == Change.objects.get(outcome=Outcome.APPLIED)
    assert len(sandbox.requests.of("PUT")) == 1


@pytest.fixture
def left(sandbox, operator):
    """Provide a write that reached the API, by a worker that died before the answer."""
    sandbox.latency = 0.05
    sandbox.store.add_batch("a", campaign_id=7, status="ACTIVE")
    operation = start(Kind.PAUSE, operator)
    operation.items.create(batch_id="a")
    change = Change.objects.create(
        batch_id="a",
        operation=operation,
        actor=operator,
        actor_email=operator.email,
        origin=Origin.OPERATION,
        edit=operation.edit,
        before=sandbox.batch("a"),
        deadline_at=timezone.now() + timedelta(seconds=0.5),
    )
    sandbox.store.change_batch("a", status="PAUSED")
    return change


def test_a_write_that_a_dead_worker_left_under_way_is_looked_up_before_its_batch_is_tried_again(sandbox, left):
    operation = carried_out(left.operation)

    assert totals(operation) == {"done": 1}
    assert list(operation.changes.all()) == [left]
    assert not sandbox.requests.of("PUT")


def test_a_write_that_can_only_be_looked_up_at_the_second_try_counts_as_done_all_the_same(sandbox, left):
    sandbox.faults.add(faults.answer(500), method="GET", path="/batches/a$", times=2)

    operation = carried_out(left.operation)

    assert totals(operation) == {"done": 1}
    assert not sandbox.requests.of("PUT")


def test_what_the_operation_wrote_itself_does_not_count_as_left_alone_when_it_goes_on(sandbox, operator):
    sandbox.store.add_batch("a", campaign_id=7, status="ACTIVE")
    sandbox.store.add_batch("refused", campaign_id=7, status="ACTIVE")
    sandbox.store.add_batch("paused before", campaign_id=7, status="PAUSED")
    sandbox.faults.add(faults.answer(422), method="PUT", path="/refused$")
    operation = carried_out(start(Kind.PAUSE, operator))
    assert totals(operation) == {"done": 1, "failed": 1}

    operation_retry(operation=operation, actor=operator)
    carried_out(operation)

    assert totals(operation) == {"done": 2}
    assert operation.skipped == {"PAUSED": 1}


def test_who_was_overtaken_between_reading_and_writing_does_not_say_how_the_batch_ended(sandbox, operator):
    sandbox.store.add_batch("a", campaign_id=7, status="ACTIVE")
    operation = start(Kind.PAUSE, operator)

    def overtake():
        change_settle(Change.objects.get(outcome=Outcome.STARTED), is_abandoned=True)

    sandbox.after(meanwhile(overtake), method="GET", path="/batches/a$")
    carried_out(operation)

    assert totals(operation) == {"done": 1}
    assert [change.outcome for change in operation.changes.order_by("pk")] == [Outcome.NOT_SENT, Outcome.APPLIED]
    assert len(sandbox.requests.of("PUT")) == 1
