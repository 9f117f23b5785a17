"""A stop takes precedence over whatever starts its batches, also after a retry."""

import threading

import pytest

from batches.models import Kind, Operation, Outcome, State
from batches.services.operations import runner
from batches.services.operations.actions import operation_retry, operation_stop
from batches.services.operations.runner import operation_run
from tests.batches.services.factories import carried_out, start, totals, wait_for_abandoned_jobs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign(sandbox):
    for batch_id in "abc":
        sandbox.store.add_batch(batch_id, campaign_id=7, status="ACTIVE")
    return sandbox


def test_a_pause_that_is_tried_again_ends_the_resume_that_was_started_since(campaign, operator):
    carried_out(start(Kind.PAUSE, operator))
    pause = start(Kind.PAUSE, operator)
    operation_stop(operation=pause, actor=operator)
    resume = start(Kind.RESUME, operator)
    pause.refresh_from_db()

    assert operation_retry(operation=pause, actor=operator)

    resume.refresh_from_db()
    assert (resume.state, resume.stopped_by) == (State.STOPPED, pause)
    assert {campaign.store.batch(batch_id)["status"] for batch_id in "abc"} == {"PAUSED"}


def test_what_was_begun_before_its_worker_left_changes_no_item_that_another_has_ended(campaign, operator, monkeypatch):
    """A read that was left behind is answered when its batch has long been paused."""
    monkeypatch.setattr(runner, "LEAVING_SECONDS", 0.0)
    arrived, may_go = threading.Event(), threading.Event()

    def hold(_request):
        if not arrived.is_set():
            arrived.set()
            may_go.wait(60)

    campaign.before(hold, method="GET", path="/a$", times=None)
    operation = start(Kind.PAUSE, operator)
    assert operation_run(operation.pk, must_leave=arrived.is_set)
    carried_out(operation)
    ended = totals(operation)
    item = operation.items.get(batch_id="a")
    applied = operation.changes.get(batch_id="a", outcome=Outcome.APPLIED)

    may_go.set()
    wait_for_abandoned_jobs()

    item.refresh_from_db()
    assert totals(operation) == ended == {"done": 3}
    assert (item.change, item.attempts) == (applied, 0)
    assert Operation.objects.get(pk=operation.pk).state == State.FINISHED
