"""Operations: one decision over many batches, carried out by a worker."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from batches.models import Change, ItemState, Kind, Operation, Outcome, State, TargetScope
from batches.services.changes.update import NotAllowed, batch_edit, batch_pause, batch_resume
from batches.services.operations import item_write, targets, turn
from batches.services.operations.actions import operation_confirm, operation_retry, operation_stop
from batches.services.operations.enqueue import FIRST, operation_enqueue, operations_to_queue
from batches.services.operations.overlaps import InTheWay
from batches.services.operations.runner import operation_run
from batches.services.operations.undo import operation_undo
from sandbox import faults
from syllable.schemas import BatchEdit, Timestamp
from tests.batches.services.factories import carried_out, meanwhile, start, totals, wait_for_abandoned_jobs

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = pytest.mark.parametrize("contract", ["2025-04", "current"])
ACTIVE = [f"a{number:02}" for number in range(12)]


@pytest.fixture
def campaign(sandbox):
    """Provide campaign 7 with twelve active batches, and others that have ended or belong elsewhere."""
    for batch_id in ACTIVE:
        sandbox.store.add_batch(batch_id, campaign_id=7, status="ACTIVE", requests=2)
    sandbox.store.add_batch("paused", campaign_id=7, status="PAUSED")
    sandbox.store.add_batch("canceled", campaign_id=7, status="CANCELED")
    sandbox.store.add_batch("expired", campaign_id=7, status="EXPIRED")
    sandbox.store.add_batch("other", campaign_id=8, status="ACTIVE")
    return sandbox


def statuses(sandbox, batch_ids=ACTIVE):
    return {sandbox.batch(batch_id)["status"] for batch_id in batch_ids}


def for_searches(fault):
    """Apply the fault to filtered lists only, and answer everything else."""

    def act(exchange):
        if "search_fields" in exchange.request.query:
            fault(exchange)
        else:
            exchange.send(exchange.handle())

    return act


class TestWhatItTouches:
    @BOTH
    def test_a_pause_pauses_every_active_batch_of_its_campaign_and_no_other(self, campaign, operator):
        operation = carried_out(start(Kind.PAUSE, operator))

        assert operation.state == State.FINISHED
        assert totals(operation) == {"done": 12}
        assert statuses(campaign) == {"PAUSED"}
        assert statuses(campaign, ["other"]) == {"ACTIVE"}
        assert operation.skipped == {"PAUSED": 1, "CANCELED": 1, "EXPIRED": 1}
        changes = Change.objects.filter(operation=operation)
        assert changes.count() == 12
        assert {change.outcome for change in changes} == {Outcome.APPLIED}
        assert {change.actor_email for change in changes} == {operator.email}
        assert len(campaign.requests.of("PUT")) == 12

    @BOTH
    def test_a_cancel_takes_the_paused_ones_too_and_leaves_what_is_over(self, campaign, operator):
        operation = carried_out(start(Kind.CANCEL, operator))

        assert totals(operation) == {"done": 13}
        assert statuses(campaign, [*ACTIVE, "paused"]) == {"CANCELED"}
        assert campaign.batch("a00")["deleted_reason"] == "wrong list"
        assert campaign.batch("canceled")["deleted_reason"] != "wrong list"
        assert statuses(campaign, ["expired"]) == {"EXPIRED"}

    @BOTH
    def test_a_new_expiry_is_set_on_what_is_not_over(self, campaign, operator):
        moment = Timestamp.of(datetime(2099, 1, 1, tzinfo=UTC))
        operation = carried_out(start(Kind.EXPIRY, operator, edit=BatchEdit(expires_on=moment)))

        assert totals(operation) == {"done": 13}
        assert {campaign.batch(batch_id)["expires_on"] for batch_id in ACTIVE} == {moment.text}
        assert statuses(campaign) == {"ACTIVE"}

    def test_an_emergency_stop_takes_everything_active(self, campaign, operator):
        operation = carried_out(start(Kind.PAUSE, operator, scope=TargetScope.ALL))

        assert totals(operation) == {"done": 13}
        assert statuses(campaign, [*ACTIVE, "other"]) == {"PAUSED"}

    def test_an_emergency_stop_needs_its_permission(self, campaign, operator):
        operator.groups.first().permissions.get(codename="stop_everything").delete()
        with pytest.raises(NotAllowed, match="stop everything"):
            start(Kind.PAUSE, operator, scope=TargetScope.ALL)
        assert not Operation.objects.exists()

    def test_everything_can_only_be_paused(self, campaign, operator):
        with pytest.raises(NotAllowed):
            start(Kind.CANCEL, operator, scope=TargetScope.ALL)

    def test_a_viewer_starts_nothing(self, campaign, viewer):
        with pytest.raises(NotAllowed):
            start(Kind.PAUSE, viewer)
        assert not Operation.objects.exists()

    def test_a_selection_takes_just_what_was_selected(self, campaign, operator):
        operation = carried_out(
            start(Kind.PAUSE, operator, scope=TargetScope.SELECTION, batch_ids=["a00", "other", "paused", "a00"])
        )
        assert totals(operation) == {"done": 2, "skipped": 1}
        assert statuses(campaign, ["a00", "other"]) == {"PAUSED"}
        assert statuses(campaign, ACTIVE[1:]) == {"ACTIVE"}

    def test_a_filter_takes_what_matches_it(self, campaign, operator):
        operation = carried_out(start(Kind.PAUSE, operator, scope=TargetScope.FILTER, campaign_id=None, q="a0"))
        assert totals(operation) == {"done": 10}
        assert statuses(campaign, ["a10", "a11", "other"]) == {"ACTIVE"}

    def test_more_batches_than_a_page_of_the_api_are_found(self, campaign, operator, monkeypatch):
        monkeypatch.setattr(targets, "ROWS_PER_PAGE", 5)
        assert totals(carried_out(start(Kind.PAUSE, operator))) == {"done": 12}

    def test_a_batch_that_appears_meanwhile_is_found(self, campaign, operator):
        campaign.after(
            lambda request: campaign.store.add_batch("late", campaign_id=7, status="ACTIVE"), method="PUT", skip=11
        )
        operation = carried_out(start(Kind.PAUSE, operator))
        assert totals(operation) == {"done": 13}
        assert campaign.batch("late")["status"] == "PAUSED"

    def test_a_filter_that_the_api_ignores_puts_no_foreign_batch_on_the_list(self, campaign, operator):
        operation = start(Kind.PAUSE, operator, campaign_id=9)
        campaign.store.add_batch("nine", campaign_id=9, status="ACTIVE")
        rows = [campaign.batch("nine"), campaign.batch("other"), campaign.batch("a00")]
        page = {"items": rows, "page": 0, "page_size": 100, "total_count": 3, "total_pages": 1}
        ignored = campaign.faults.add(for_searches(faults.answer(200, page)), method="GET", times=None)
        assert totals(carried_out(operation)) == {"done": 1}
        assert ignored.hits


class TestWhatGoesWrong:
    @BOTH
    def test_what_turned_final_meanwhile_is_skipped_and_never_revived(self, campaign, operator):
        carried_out(start(Kind.PAUSE, operator))
        resume = start(Kind.RESUME, operator)
        campaign.store.change_batch("a03", status="CANCELED", deleted_reason="by hand")

        assert totals(carried_out(resume)) == {"done": 11, "skipped": 1}
        assert statuses(campaign, ["a03"]) == {"CANCELED"}

    @BOTH
    def test_it_names_what_failed_and_the_counts_add_up(self, campaign, operator):
        campaign.faults.add(faults.answer(404), method="GET", path=r"/batches/a00$", times=None)
        campaign.faults.add(faults.answer(400, {"detail": "not this one"}), method="PUT", path=r"/a01$", times=None)
        campaign.faults.add(faults.ignore(), method="PUT", path=r"/a02$", times=None)
        campaign.faults.add(faults.reset(applied=True), method="PUT", path=r"/a03$")
        campaign.faults.add(faults.answer(500), method="PUT", path=r"/a04$", times=2)
        campaign.faults.add(faults.answer(429, headers={"Retry-After": "1"}), method="PUT", path=r"/a05$")
        campaign.faults.add(faults.answer(500), method="GET", path=r"/batches/a06$", times=None)
        operation = carried_out(start(Kind.PAUSE, operator))

        assert operation.state == State.FINISHED
        assert totals(operation) == {"done": 8, "failed": 3, "unconfirmed": 1}
        words = {item.batch_id: item.detail for item in operation.items.exclude(state=ItemState.DONE)}
        assert "does not know this batch" in words["a00"]
        assert "not this one" in words["a01"]
        assert "does not show it" in words["a02"]
        assert "Syllable" in words["a06"]
        assert statuses(campaign, ["a03", "a04", "a05"]) == {"PAUSED"}
        assert len(campaign.requests.of("PUT")) < 40

    def test_what_failed_can_be_retried(self, campaign, operator):
        fault = campaign.faults.add(faults.answer(400), method="PUT", path=r"/a0[01]$", times=2)
        operation = carried_out(start(Kind.PAUSE, operator))
        assert totals(operation) == {"done": 10, "failed": 2}
        assert fault.hits == 2

        assert operation_retry(operation=operation, actor=operator)
        assert totals(carried_out(operation)) == {"done": 12}
        assert len(campaign.requests.of("PUT")) == 14

    def test_what_is_done_or_under_way_is_not_retried(self, campaign, operator):
        campaign.faults.add(faults.answer(400), method="PUT", path=r"/a00$")
        operation = carried_out(start(Kind.PAUSE, operator))
        Operation.objects.filter(pk=operation.pk).update(state=State.RUNNING)
        assert not operation_retry(operation=operation, actor=operator)
        assert totals(operation) == {"done": 11, "failed": 1}

        complete = carried_out(start(Kind.PAUSE, operator, campaign_id=8))
        assert not operation_retry(operation=complete, actor=operator)

    def test_it_waits_while_the_api_is_down_and_goes_on(self, campaign, operator):
        fault = campaign.faults.add(faults.answer(503), times=9)
        operation = carried_out(start(Kind.PAUSE, operator))
        assert fault.hits == 9
        assert totals(operation) == {"done": 12}
        assert operation.detail == ""
        assert not Change.objects.unsettled().exists()

    def test_one_pace_is_kept_when_the_api_answers_429(self, campaign, operator):
        fault = campaign.faults.add(faults.answer(429, headers={"Retry-After": "1"}), method="PUT", times=6)
        operation = carried_out(start(Kind.PAUSE, operator))
        assert fault.hits == 6
        assert totals(operation) == {"done": 12}
        # All hold, so at most those that were under way together ask once more each.
        assert len(campaign.requests.of("PUT")) == 18

    def test_a_refused_key_is_waited_for_and_not_held_against_the_batches(self, campaign, operator):
        campaign.faults.add(faults.answer(401), times=3)
        assert totals(carried_out(start(Kind.PAUSE, operator))) == {"done": 12}

    def test_a_list_that_cannot_be_read_is_said(self, campaign, operator):
        campaign.faults.add(for_searches(faults.answer(422, {"detail": "no such field"})), method="GET", times=None)
        operation = carried_out(start(Kind.PAUSE, operator))
        assert operation.state == State.FINISHED
        assert "no such field" in operation.unlisted

    def test_a_batch_that_somebody_is_changing_is_waited_for(self, campaign, operator):
        soon = timezone.now() + timedelta(seconds=1)
        Change.objects.create(
            batch_id="a00",
            actor_email="other@example.com",
            origin="form",
            edit=BatchEdit(),
            started_at=soon,
            deadline_at=soon,
        )
        assert totals(carried_out(start(Kind.PAUSE, operator))) == {"done": 12}


class TestResuming:
    @BOTH
    def test_a_resume_takes_exactly_what_the_pause_had_paused(self, campaign, operator):
        carried_out(start(Kind.PAUSE, operator))
        operation = carried_out(start(Kind.RESUME, operator))

        assert totals(operation) == {"done": 12}
        assert statuses(campaign) <= {"ACTIVE", "PENDING"}
        assert statuses(campaign, ["paused"]) == {"PAUSED"}

    def test_what_was_pending_waits_again(self, campaign, operator):
        campaign.store.add_batch("pending", campaign_id=7, status="PENDING")
        carried_out(start(Kind.PAUSE, operator))
        carried_out(start(Kind.RESUME, operator))
        assert statuses(campaign, ["pending"]) == {"PENDING"}

    def test_a_batch_that_was_changed_since_stays_paused(self, campaign, operator):
        carried_out(start(Kind.PAUSE, operator))
        batch_resume(batch_id="a00", actor=operator)
        batch_pause(batch_id="a00", actor=operator)
        operation = carried_out(start(Kind.RESUME, operator))

        assert totals(operation) == {"done": 11}
        assert statuses(campaign, ["a00"]) == {"PAUSED"}

    def test_a_batch_that_is_changed_while_it_runs_stays_paused(self, campaign, operator):
        carried_out(start(Kind.PAUSE, operator))
        operation = start(Kind.RESUME, operator)
        later = Timestamp.of(datetime(2099, 1, 1, tzinfo=UTC))
        batch_edit(batch_id="a00", edit=BatchEdit(expires_on=later), actor=operator, loaded={})

        assert totals(carried_out(operation)) == {"done": 11, "skipped": 1}
        assert "changed after it was paused" in operation.items.get(batch_id="a00").detail
        assert statuses(campaign, ["a00"]) == {"PAUSED"}

    def test_a_resume_that_was_delayed_asks_before_it_calls_anyone(self, campaign, operator):
        carried_out(start(Kind.PAUSE, operator))
        operation = start(Kind.RESUME, operator)
        Operation.objects.filter(pk=operation.pk).update(confirmed_at=timezone.now() - timedelta(minutes=16))

        operation = carried_out(operation)
        assert operation.state == State.ASKING
        assert statuses(campaign) == {"PAUSED"}

        assert operation_confirm(operation=operation, actor=operator)
        assert totals(carried_out(operation)) == {"done": 12}

    def test_undoing_a_pause_resumes_what_it_paused(self, campaign, operator):
        pause = carried_out(start(Kind.PAUSE, operator, scope=TargetScope.ALL))
        undone = carried_out(operation_undo(operation=pause, actor=operator))
        assert totals(undone) == {"done": 13}
        assert statuses(campaign, [*ACTIVE, "other"]) == {"ACTIVE"}
        assert {change.undoes.operation for change in undone.changes.all()} == {pause}

    def test_undoing_a_resume_stops_whatever_shows_by_then(self, campaign, operator):
        carried_out(start(Kind.PAUSE, operator))
        resume = carried_out(start(Kind.RESUME, operator))
        campaign.store.change_batch("a00", status="IDLE")
        undone = carried_out(operation_undo(operation=resume, actor=operator))
        assert undone.is_stopping
        assert totals(undone) == {"done": 12}
        assert statuses(campaign) == {"PAUSED"}

    def test_undoing_an_expiry_gives_each_batch_its_own_back(self, campaign, operator):
        campaign.store.change_batch("a00", expires_on="2098-01-01T00:00:00Z")
        before = {batch_id: campaign.batch(batch_id)["expires_on"] for batch_id in ACTIVE}
        edit = BatchEdit(expires_on=Timestamp.of(datetime(2099, 1, 1, tzinfo=UTC)))
        expiry = carried_out(start(Kind.EXPIRY, operator, edit=edit))
        undone = carried_out(operation_undo(operation=expiry, actor=operator))
        assert totals(undone) == {"done": 13}
        assert {batch_id: campaign.batch(batch_id)["expires_on"] for batch_id in ACTIVE} == before

    def test_a_cancel_cannot_be_undone(self, campaign, operator):
        cancel = carried_out(start(Kind.CANCEL, operator))
        with pytest.raises(NotAllowed):
            operation_undo(operation=cancel, actor=operator)


class TestTwoAtATime:
    def test_a_second_one_on_the_same_campaign_names_the_first(self, campaign, operator):
        first = start(Kind.RESUME, operator)
        with pytest.raises(InTheWay) as refused:
            start(Kind.RESUME, operator)
        assert refused.value.operation == first
        start(Kind.RESUME, operator, campaign_id=8)

    def test_of_two_at_the_same_moment_one_is_refused(self, campaign, operator):
        ready = Barrier(4)

        def one():
            try:
                ready.wait(60)
                start(Kind.PAUSE, operator)
            except InTheWay:
                return "refused"
            finally:
                connections.close_all()
            return "started"

        with ThreadPoolExecutor(4) as pool:
            outcomes = [future.result() for future in [pool.submit(one) for _ in range(4)]]
        assert sorted(outcomes) == ["refused", "refused", "refused", "started"]

    def test_a_pause_ends_the_resume_of_its_campaign(self, campaign, operator):
        carried_out(start(Kind.PAUSE, operator))
        resume = start(Kind.RESUME, operator)
        pause = start(Kind.PAUSE, operator)
        resume.refresh_from_db()
        assert (resume.state, resume.stopped_by) == (State.STOPPED, pause)
        carried_out(resume)
        assert statuses(campaign) == {"PAUSED"}

    def test_a_resume_that_runs_writes_nothing_more_once_a_stop_is_recorded(self, campaign, operator):
        carried_out(start(Kind.PAUSE, operator))
        puts = len(campaign.requests.of("PUT"))
        resume = start(Kind.RESUME, operator)
        # Between a read and its write, somebody stops everything.
        campaign.after(
            meanwhile(lambda: start(Kind.PAUSE, operator, scope=TargetScope.ALL)), method="GET", path=r"/batches/a00$"
        )
        carried_out(resume)
        resume.refresh_from_db()
        assert resume.state == State.STOPPED
        stop = Operation.objects.get(scope=TargetScope.ALL)
        carried_out(stop)
        assert statuses(campaign) == {"PAUSED"}
        assert not any(put.path.endswith("/a00") for put in list(campaign.requests.of("PUT"))[puts:])

    def test_a_stop_of_some_batches_leaves_the_resume_its_others(self, campaign, operator):
        carried_out(start(Kind.PAUSE, operator))
        resume = start(Kind.RESUME, operator)
        start(Kind.PAUSE, operator, scope=TargetScope.SELECTION, batch_ids=["a00"])
        assert totals(carried_out(resume)) == {"done": 11, "skipped": 1}
        assert statuses(campaign, ["a00"]) == {"PAUSED"}

    def test_an_emergency_stop_is_never_refused_for_a_pause_that_runs(self, campaign, operator):
        start(Kind.PAUSE, operator)
        start(Kind.PAUSE, operator, scope=TargetScope.ALL)

    def test_a_stopped_operation_says_who_stopped_it_and_keeps_what_is_done(self, campaign, operator):
        operation = start(Kind.PAUSE, operator)
        is_stopped = Event()
        stop = meanwhile(lambda: operation_stop(operation=operation, actor=operator) and is_stopped.set())
        campaign.before(stop, method="PUT", path="/a00$")
        campaign.before(lambda request: is_stopped.wait(60), method="PUT", path="/a(?!00$)", times=None)
        operation = carried_out(operation)
        assert operation.state == State.STOPPED
        assert operation.stopped_by_email == operator.email
        assert 1 <= totals(operation)["done"] < 12
        assert len(campaign.requests.of("PUT")) <= 8
        wait_for_abandoned_jobs()
        assert not Change.objects.unsettled().exists()

        assert operation_retry(operation=operation, actor=operator)
        assert totals(carried_out(operation)) == {"done": 12}


class TestSharing:
    def test_it_lets_others_have_their_turn_and_goes_on_afterwards(self, campaign, operator, monkeypatch):
        monkeypatch.setattr(turn, "TURN_SECONDS", 0.2)
        campaign.latency = 0.1
        for number in range(40):
            campaign.store.add_batch(f"b{number}", campaign_id=7, status="ACTIVE")
        first, second = start(Kind.PAUSE, operator), start(Kind.PAUSE, operator, campaign_id=8)

        assert operation_run(first.pk), "it is to be queued again"
        assert 0 < totals(first)["done"] < 52
        assert totals(carried_out(second)) == {"done": 1}
        assert totals(carried_out(first)) == {"done": 52}

    def test_it_keeps_its_worker_while_nobody_else_waits(self, campaign, operator, monkeypatch):
        monkeypatch.setattr(turn, "TURN_SECONDS", 0.0)
        operation = start(Kind.PAUSE, operator)
        assert not operation_run(operation.pk)
        assert totals(operation) == {"done": 12}

    def test_it_leaves_its_worker_to_an_emergency_stop_at_once(self, campaign, operator, monkeypatch):
        monkeypatch.setattr(turn, "TURN_SECONDS", 1000.0)
        campaign.latency = 0.1
        for number in range(100):
            campaign.store.add_batch(f"b{number}", campaign_id=7, status="ACTIVE")
        pause = start(Kind.PAUSE, operator)
        campaign.after(meanwhile(lambda: start(Kind.PAUSE, operator, scope=TargetScope.ALL)), method="PUT", skip=5)

        assert operation_run(pause.pk), "it is to be queued again"
        assert 0 < totals(pause)["done"] < 112
        stop = Operation.objects.get(scope=TargetScope.ALL)
        carried_out(stop)
        assert statuses(campaign) == {"PAUSED"}

    @pytest.mark.usefixtures("short_tries")
    def test_an_emergency_stop_takes_turns_once_it_has_tried_every_batch(self, campaign, operator, monkeypatch):
        monkeypatch.setattr(turn, "TURN_SECONDS", 0.0)
        monkeypatch.setattr(item_write, "SHORT_TRY", 1 / 12)
        may_go = Event()
        campaign.before(lambda request: may_go.wait(60), method="PUT", path="/a00$", times=None)
        stop = start(Kind.PAUSE, operator, scope=TargetScope.ALL)
        start(Kind.PAUSE, operator)

        assert operation_run(stop.pk), "it is to be queued again"
        operation_enqueue(stop)

        assert totals(stop) == {"done": 12, "waiting": 1}
        may_go.set()
        wait_for_abandoned_jobs()
        assert [task.priority for task in DBTaskResult.objects.order_by("enqueued_at")] == [FIRST, 0, 0]

    def test_it_outlives_a_database_that_is_busy_for_a_while(self, campaign, operator):
        operation = start(Kind.PAUSE, operator)
        is_busy = Event()

        def keep_busy():
            with transaction.atomic():
                if connection.vendor == "postgresql":
                    with connection.cursor() as cursor:
                        cursor.execute("LOCK TABLE batches_change, batches_operationitem IN EXCLUSIVE MODE")
                is_busy.set()
                time.sleep(1)
            connections.close_all()

        campaign.after(lambda request: is_busy.wait(60), method="GET", path="/batches/a00$")
        with ThreadPoolExecutor(1) as pool:
            busy = pool.submit(keep_busy)
            assert totals(carried_out(operation)) == {"done": 12}
            busy.result()


class TestBeingFound:
    def test_what_was_never_queued_is_handed_over_once(self, campaign, operator, settings):
        settings.OPERATION_LEASE = 0.0
        operation = start(Kind.PAUSE, operator)
        Operation.objects.update(queued_at=None)
        assert operations_to_queue() == [operation]
        assert operations_to_queue() == []

    def test_what_a_dead_worker_left_is_taken_over(self, campaign, operator):
        operation = start(Kind.PAUSE, operator)
        Operation.objects.filter(pk=operation.pk).update(
            state=State.RUNNING, token="of a dead worker", lease_until=timezone.now() - timedelta(seconds=1)
        )
        assert operations_to_queue() == [operation]
        assert totals(carried_out(operation)) == {"done": 12}

    def test_what_is_over_or_being_carried_out_is_left_alone(self, campaign, operator):
        operation = start(Kind.PAUSE, operator)
        Operation.objects.filter(pk=operation.pk).update(
            state=State.RUNNING, token="of a worker", lease_until=timezone.now() + timedelta(seconds=60)
        )
        assert operations_to_queue() == []
        assert carried_out(operation).state == State.RUNNING
        assert not campaign.requests.of("PUT")
