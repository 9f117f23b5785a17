"""Stop calling: a resume ends, and whatever it may have started is paused, as one act."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from batches.models import Change, ItemState, Kind, Operation, Outcome, State, TargetScope
from batches.services.changes.update import NotAllowed
from batches.services.operations.actions import operation_retry, operation_stop
from batches.services.operations.late_writes import LateWrites
from batches.services.operations.undo import operation_stop_calling, operation_undo
from syllable.schemas import BatchEdit, BatchStatus
from tests.batches.services.factories import carried_out, meanwhile, start, totals
from trail.models import Action, Entry
from trail.source import Source

pytestmark = pytest.mark.django_db(transaction=True)
BATCHES = [f"a{number}" for number in range(6)]
SOURCE = Source("192.0.2.7", "request-7")


@pytest.fixture
def campaign(sandbox, operator):
    """Provide campaign 7, paused by an operation."""
    for batch_id in BATCHES:
        sandbox.store.add_batch(batch_id, campaign_id=7, status="ACTIVE", requests=2)
    carried_out(start(Kind.PAUSE, operator, campaign_name="Flu shots"))
    return sandbox


@pytest.fixture
def resume(campaign, operator):
    return start(Kind.RESUME, operator, campaign_name="Flu shots")


def stop_calling(resume, actor):
    return operation_stop_calling(operation=resume, actor=actor, source=SOURCE)


def statuses(campaign, batch_ids=BATCHES):
    return {campaign.batch(batch_id)["status"] for batch_id in batch_ids}


def test_while_it_runs_it_ends_and_what_it_has_resumed_is_paused(campaign, resume, operator):
    stopped = []
    campaign.after(meanwhile(lambda: stopped.append(stop_calling(resume, operator))), method="PUT", path="/batches/a2$")
    resume = carried_out(resume)
    (pause,) = stopped
    assert (resume.state, resume.stopped_by) == (State.STOPPED, pause)
    assert "ACTIVE" in statuses(campaign)
    assert (pause.kind, pause.scope, pause.undoes) == (Kind.PAUSE, TargetScope.SELECTION, resume)

    pause = carried_out(pause)
    assert pause.state == State.FINISHED
    assert statuses(campaign) == {"PAUSED"}
    assert totals(pause)["done"] >= 1


def test_it_takes_what_is_under_way_or_in_doubt_and_not_what_was_never_tried(campaign, resume, operator):
    outcomes = [Outcome.APPLIED, Outcome.UNCONFIRMED, Outcome.STARTED, Outcome.NOT_SENT, Outcome.REJECTED]
    for batch_id, outcome in zip(BATCHES, outcomes, strict=False):
        Change.objects.create(
            batch_id=batch_id,
            operation=resume,
            outcome=outcome,
            edit=BatchEdit(),
            deadline_at=timezone.now(),
            before={},
        )
    pause = stop_calling(resume, operator)
    assert list(pause.items.values_list("batch_id", flat=True)) == ["a0", "a1", "a2"]
    assert {item.undoes.batch_id for item in pause.items.all()} == {"a0", "a1", "a2"}


def test_a_write_that_began_as_it_was_ended_is_found_by_the_worker(campaign, resume, operator):
    """Its change is recorded after the batches of the pause were collected, and its guard asked before it was over."""
    change = Change(
        batch_id="a5", operation=resume, edit=BatchEdit(), deadline_at=timezone.now(), before={}, origin="operation"
    )
    pause = stop_calling(resume, operator)
    assert not pause.items.exists()
    change.save()
    campaign.store.change_batch("a5", status="ACTIVE")
    Change.objects.filter(pk=change.pk).update(outcome=Outcome.APPLIED, settled_at=timezone.now())
    assert totals(carried_out(pause)) == {"done": 1}
    assert campaign.batch("a5")["status"] == "PAUSED"


def test_a_write_in_doubt_that_lands_late_is_stopped_all_the_same(campaign, resume, operator):
    """The pause finds the batch paused and leaves it alone; then the resume's write arrives."""
    in_doubt = Change.objects.create(
        batch_id="a1",
        campaign_id=7,
        operation=resume,
        origin="operation",
        outcome=Outcome.UNCONFIRMED,
        edit=BatchEdit(status=BatchStatus.ACTIVE),
        before={},
        deadline_at=timezone.now() + timedelta(hours=1),
    )
    pause = stop_calling(resume, operator)

    def land_late():
        try:
            while not pause.items.filter(state=ItemState.SKIPPED).exists():
                time.sleep(0.05)
            campaign.store.change_batch("a1", status="ACTIVE")
            Change.objects.filter(pk=in_doubt.pk).update(deadline_at=timezone.now())
        finally:
            connections.close_all()

    late = threading.Thread(target=land_late, daemon=True)
    late.start()
    pause = carried_out(pause)
    late.join()
    assert campaign.batch("a1")["status"] == "PAUSED"
    assert totals(pause) == {"done": 1}


def test_what_was_looked_at_after_the_last_write_is_not_looked_at_again(campaign, resume, operator):
    resume = carried_out(resume)
    campaign.store.change_batch("a0", status="PAUSED")
    past = timezone.now() - timedelta(seconds=1)
    resume.changes.update(deadline_at=past)
    campaign.requests.clear()
    pause = carried_out(stop_calling(resume, operator))
    assert totals(pause) == {"done": 5, "skipped": 1}
    assert len([get for get in campaign.requests.of("GET") if get.path.endswith("/a0")]) == 1


def test_it_does_not_wait_for_the_writes_of_others(campaign, resume, operator):
    Change.objects.create(
        batch_id="elsewhere",
        edit=BatchEdit(),
        before={},
        deadline_at=timezone.now() + timedelta(hours=1),
        origin="form",
    )
    pause = stop_calling(resume, operator)
    late_writes = LateWrites(pause)
    late_writes.begin()
    assert not late_writes.under_way()
    assert carried_out(pause).state == State.FINISHED


def test_one_that_is_over_is_stopped_as_well(campaign, resume, operator):
    resume = carried_out(resume)
    pause = carried_out(stop_calling(resume, operator))
    resume.refresh_from_db()
    assert (resume.state, resume.stopped_by) == (State.FINISHED, None)
    assert statuses(campaign) == {"PAUSED"}
    assert totals(pause) == {"done": 6}


def test_a_second_click_queues_the_pause_of_the_first_again(campaign, resume, operator):
    resume = carried_out(resume)
    pause = stop_calling(resume, operator)
    DBTaskResult.objects.all().delete()
    assert stop_calling(resume, operator) == pause
    assert [task.args_kwargs["args"] for task in DBTaskResult.objects.all()] == [[pause.pk]]


def test_a_second_click_gives_the_pause_of_the_first(campaign, resume, operator):
    resume = carried_out(resume)
    ready = threading.Barrier(4)

    def one():
        try:
            ready.wait(10)
            return stop_calling(resume, operator).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        found = {future.result() for future in [pool.submit(one) for _ in range(4)]}
    assert len(found) == 1
    carried_out(Operation.objects.get(pk=found.pop()))
    assert Operation.objects.filter(kind=Kind.PAUSE).count() == 2


def test_nothing_is_in_its_way(campaign, resume, operator):
    start(Kind.PAUSE, operator, scope=TargetScope.SELECTION, batch_ids=BATCHES)
    start(Kind.PAUSE, operator, scope=TargetScope.ALL)
    assert stop_calling(resume, operator).kind == Kind.PAUSE


def test_the_undo_of_a_pause_can_be_stopped_like_this_and_nothing_but_a_resume(campaign, operator):
    pause = Operation.objects.get()
    with pytest.raises(NotAllowed):
        stop_calling(pause, operator)
    assert Operation.objects.count() == 1


def test_a_viewer_may_not(campaign, resume, viewer):
    with pytest.raises(NotAllowed):
        stop_calling(resume, viewer)
    resume.refresh_from_db()
    assert resume.state == State.WAITING


def test_both_halves_are_in_the_trail_of_acts(campaign, resume, operator):
    pause = stop_calling(resume, operator)
    stopped = Entry.objects.get(action=Action.OPERATION_CALLS_STOPPED)
    assert (stopped.operation_id, stopped.actor_email, stopped.address) == (resume.pk, operator.email, SOURCE.address)
    about = {"kind": Kind.RESUME, "scope": TargetScope.CAMPAIGN, "by": pause.pk, "batches": 0}
    assert (stopped.campaign_id, stopped.body) == (7, about)
    assert Entry.objects.get(action=Action.OPERATION_STARTED, operation_id=pause.pk).request_id == SOURCE.request_id


def test_undoing_a_resume_takes_what_is_in_doubt_as_well(campaign, resume, operator):
    operation_stop(operation=resume, actor=operator)
    resume.refresh_from_db()
    now = timezone.now()
    Change.objects.create(
        batch_id="a3",
        operation=resume,
        outcome=Outcome.UNCONFIRMED,
        edit=BatchEdit(),
        before={},
        deadline_at=now,
        settled_at=now,
    )
    campaign.store.change_batch("a3", status="ACTIVE")
    undone = carried_out(operation_undo(operation=resume, actor=operator))
    assert totals(undone) == {"done": 1}
    assert campaign.batch("a3")["status"] == "PAUSED"


def test_a_resume_that_was_tried_again_is_ended_though_the_pause_of_before_is_still_at_work(sandbox, operator):
    for batch_id in "abc":
        sandbox.store.add_batch(batch_id, campaign_id=7, status="PAUSED")
    resume = start(Kind.RESUME, operator, scope=TargetScope.SELECTION, batch_ids=("a", "b", "c"))
    Change.objects.create(
        batch_id="a",
        operation=resume,
        actor_email=operator.email,
        origin="operation",
        edit=BatchEdit(status=BatchStatus.ACTIVE),
        before={},
        outcome=Outcome.APPLIED,
        deadline_at=timezone.now(),
        settled_at=timezone.now(),
    )
    resume.items.filter(batch_id="a").update(state=ItemState.DONE)
    pause = stop_calling(resume, operator)
    resume.refresh_from_db()
    assert operation_retry(operation=resume, actor=operator)
    resume.refresh_from_db()

    assert stop_calling(resume, operator) == pause

    resume.refresh_from_db()
    assert (resume.state, resume.stopped_by) == (State.STOPPED, pause)
    assert Entry.objects.filter(action=Action.OPERATION_CALLS_STOPPED, operation_id=resume.pk).count() == 2
