"""The one road for a write, over real HTTP against the sandbox."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from batches.models import Change, Origin, Outcome
from batches.rules import snapshot
from batches.services.changes import update as changes
from batches.services.changes.undo import change_undo
from batches.services.changes.update import NotAllowed, batch_edit, batch_pause, batch_resume, batch_update
from sandbox import faults
from syllable.schemas import Batch, BatchEdit, BatchStatus, Timestamp
from tests.conftest import member_of

pytestmark = pytest.mark.django_db

ID = "20261123.9"
PAUSE = BatchEdit(status=BatchStatus.PAUSED)
ODD_MOMENT = "2026-01-17T14:02:11.123456+05:30"
SILENCE = faults.hang(applied=True)


@pytest.fixture
def batch(sandbox):
    campaign_id = sandbox.store.add_campaign(campaign_name="Reminders")
    sandbox.store.add_batch(
        ID, campaign_id=campaign_id, status="ACTIVE", expires_on="2036-01-01T00:00:00.5Z", last_worked_on=ODD_MOMENT
    )
    return sandbox


def in_future(days=1):
    return Timestamp.of(timezone.now() + timedelta(days=days))


def loaded(sandbox):
    return snapshot(Batch.read(sandbox.batch(ID)))


class TestWhatIsSent:
    def test_a_pause_is_applied_and_recorded(self, batch, operator):
        result = batch_pause(batch_id=ID, actor=operator)
        assert batch.batch(ID)["status"] == "PAUSED"
        assert batch.batch(ID)["last_updated_by"] == "operator@example.com"
        change = Change.objects.get()
        assert (result.outcome, change.outcome) == (Outcome.APPLIED, "applied")
        assert (change.actor, change.actor_email) == (operator, "operator@example.com")
        assert change.edit.fields() == {"status": "PAUSED"}
        assert change.before["status"] == "ACTIVE"
        assert change.seen["status"] == "PAUSED"
        assert change.settled_at is not None
        assert change.campaign_id == batch.batch(ID)["campaign_id"]

    def test_it_costs_one_get_and_one_put(self, batch, operator):
        batch_pause(batch_id=ID, actor=operator)
        assert [request.method for request in batch.requests] == ["GET", "PUT"]

    def test_the_put_carries_every_field_of_the_contract_as_it_came(self, batch, operator):
        before = batch.batch(ID)
        batch_pause(batch_id=ID, actor=operator)
        body = batch.requests.of("PUT")[-1].body
        untouched = {"expires_on", "count", "created_at", "deleted_at", "deleted_reason", "last_worked_on"}
        assert {name: body[name] for name in untouched} == {name: before[name] for name in untouched}
        assert body["last_worked_on"] == ODD_MOMENT
        assert "status_counts" not in body

    def test_the_put_carries_the_status_when_only_the_expiry_is_edited(self, batch, operator):
        batch.store.change_batch(ID, status="PAUSED")
        expiry = in_future()
        result = batch_edit(batch_id=ID, edit=BatchEdit(expires_on=expiry), actor=operator, loaded=loaded(batch))
        assert result.outcome == Outcome.APPLIED
        assert batch.batch(ID)["status"] == "PAUSED"
        assert batch.batch(ID)["expires_on"] == expiry.text

    def test_clearing_the_expiry_sends_null(self, batch, operator):
        batch_edit(batch_id=ID, edit=BatchEdit(expires_on=None), actor=operator, loaded=loaded(batch))
        assert batch.batch(ID)["expires_on"] is None

    def test_canceling_sends_the_reason_and_the_time(self, batch, operator):
        edit = BatchEdit(status=BatchStatus.CANCELED, deleted_reason="Wrong list")
        batch_edit(batch_id=ID, edit=edit, actor=operator, loaded=loaded(batch))
        assert batch.batch(ID)["status"] == "CANCELED"
        assert batch.batch(ID)["deleted_reason"] == "Wrong list"
        assert Timestamp.read(batch.batch(ID)["deleted_at"]).at is not None
        assert Change.objects.get().reason == "Wrong list"

    def test_the_request_id_of_the_change_goes_along(self, batch, operator):
        result = batch_pause(batch_id=ID, actor=operator)
        assert batch.requests.of("PUT")[-1].headers["X-Request-ID"] == result.change.request_id

    @pytest.mark.parametrize("batch_id", ["a/b", "..", ".", "100%", "a b", "a?b#c", "a%2Fb", "<script>", "日本"])
    def test_it_reaches_batches_of_any_name(self, batch, operator, batch_id):
        batch.store.add_batch(batch_id, campaign_id=1, status="ACTIVE")
        assert batch_pause(batch_id=batch_id, actor=operator).outcome == Outcome.APPLIED
        assert batch.batch(batch_id)["status"] == "PAUSED"


class TestWhoMay:
    def test_a_viewer_may_not_and_nothing_is_recorded(self, batch, viewer):
        with pytest.raises(NotAllowed, match="Your role"):
            batch_pause(batch_id=ID, actor=viewer)
        assert not Change.objects.exists()
        assert not batch.requests

    def test_somebody_without_an_email_may_not(self, batch):
        with pytest.raises(NotAllowed, match="no email address"):
            batch_pause(batch_id=ID, actor=member_of("Operators", None))
        assert not batch.requests

    def test_somebody_deactivated_may_not(self, batch):
        with pytest.raises(NotAllowed):
            batch_pause(batch_id=ID, actor=member_of("Operators", "gone@example.com", is_active=False))


class TestWhatStopsIt:
    def test_a_batch_that_changed_meanwhile_is_a_conflict(self, batch, operator):
        seen = loaded(batch)
        batch.store.change_batch(ID, expires_on="2037-01-01T00:00:00Z")
        result = batch_edit(batch_id=ID, edit=PAUSE, actor=operator, loaded=seen)
        assert result.outcome == Outcome.CONFLICT
        assert result.batch.expires_on.text == "2037-01-01T00:00:00Z"
        assert not batch.requests.of("PUT")

    def test_moving_between_active_and_idle_is_no_conflict_for_an_expiry(self, batch, operator):
        seen = loaded(batch)
        batch.store.change_batch(ID, status="IDLE")
        edit = BatchEdit(expires_on=in_future())
        assert batch_edit(batch_id=ID, edit=edit, actor=operator, loaded=seen).outcome == Outcome.APPLIED
        assert batch.batch(ID)["status"] == "IDLE"

    def test_a_rule_that_forbids_it_is_told_and_nothing_is_sent(self, batch, operator):
        batch.store.change_batch(ID, status="CANCELED")
        result = batch_pause(batch_id=ID, actor=operator)
        assert result.outcome == Outcome.NOT_SENT
        assert "canceled is final" in result.change.detail
        assert not batch.requests.of("PUT")

    def test_what_is_already_so_is_not_sent_again(self, batch, operator):
        batch.store.change_batch(ID, status="PAUSED")
        result = batch_pause(batch_id=ID, actor=operator)
        assert (result.outcome, result.is_as_wanted) == (Outcome.UNCHANGED, True)
        assert "already" in result.change.detail
        assert not batch.requests.of("PUT")

    def test_a_failed_read_sends_nothing(self, batch, operator):
        batch.faults.add(faults.answer(500), method="GET", times=None)
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.NOT_SENT
        assert not batch.requests.of("PUT")

    def test_a_batch_that_is_gone_is_told(self, batch, operator):
        result = batch_pause(batch_id="another", actor=operator)
        assert result.outcome == Outcome.NOT_SENT
        assert "does not know" in result.change.detail

    def test_a_batch_canceled_between_the_click_and_the_read_stays_canceled(self, batch, operator):
        batch.before(lambda request: batch.store.change_batch(ID, status="CANCELED"), method="GET")
        edit = BatchEdit(expires_on=in_future())
        assert batch_edit(batch_id=ID, edit=edit, actor=operator, loaded=loaded(batch)).outcome == Outcome.CONFLICT
        assert batch.batch(ID)["status"] == "CANCELED"


class TestWhatIsBelieved:
    @pytest.mark.parametrize(
        "fault",
        [
            faults.reset(applied=True),
            faults.answer(500, applied=True),
            faults.answer(504, applied=True),
            SILENCE,
            faults.empty(applied=True),
            faults.html(200, applied=True),
            faults.broken_json(applied=True),
            faults.truncated(applied=True),
        ],
        ids=["reset", "500", "504", "timeout", "empty", "html", "broken json", "truncated"],
    )
    def test_a_write_that_was_taken_without_saying_so_is_applied(self, batch, operator, give_up_soon, fault):
        batch.faults.add(fault, method="PUT")
        if fault is SILENCE:
            give_up_soon(reads=False)
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
        assert len(batch.requests.of("PUT")) == 1

    def test_an_acknowledgement_that_does_not_show_the_change_is_not_believed(self, batch, operator):
        batch.faults.add(faults.ignore(), method="PUT", times=None)
        result = batch_pause(batch_id=ID, actor=operator)
        assert result.outcome == Outcome.UNCONFIRMED
        assert result.change.settled_at is None
        assert result.change.batch_seen.status == "ACTIVE"

    def test_an_ignored_write_is_repeated_only_after_reading_that_it_was_not_taken(self, batch, operator):
        batch.faults.add(faults.ignore(), method="PUT")
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
        assert [request.method for request in batch.requests] == ["GET", "PUT", "GET", "GET", "PUT"]

    def test_a_definite_no_is_rejected_with_the_apis_words(self, batch, operator):
        detail = [{"loc": ["body", "expires_on"], "msg": "too late for this campaign", "type": "value_error"}]
        batch.faults.add(faults.answer(422, {"detail": detail}), method="PUT")
        result = batch_pause(batch_id=ID, actor=operator)
        assert result.outcome == Outcome.REJECTED
        assert "too late for this campaign" in result.change.detail
        assert [(problem.field, problem.message) for problem in result.problems] == [
            ("expires_on", "too late for this campaign")
        ]
        assert len(batch.requests.of("PUT")) == 1

    def test_a_429_waits_as_asked_and_repeats(self, batch, operator):
        batch.faults.add(faults.answer(429, headers={"Retry-After": "0"}), method="PUT")
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED

    def test_a_429_that_asks_for_hours_is_not_waited_out(self, batch, operator):
        batch.faults.add(faults.answer(429, headers={"Retry-After": "7200"}), method="PUT")
        result = batch_pause(batch_id=ID, actor=operator)
        assert result.outcome == Outcome.NOT_SENT
        assert "7200 seconds" in result.change.detail

    def test_an_api_that_dies_after_the_read_leaves_the_change_unconfirmed(self, batch, operator):
        batch.faults.add(faults.reset(), method="PUT", times=None)
        batch.faults.add(faults.reset(), method="GET", skip=1, times=None)
        result = batch_pause(batch_id=ID, actor=operator)
        assert (result.outcome, result.change.settled_at) == (Outcome.UNCONFIRMED, None)

    def test_a_batch_canceled_while_the_write_was_failing_is_not_revived(self, batch, operator):
        batch.faults.add(faults.answer(500), method="PUT")
        batch.before(lambda request: batch.store.change_batch(ID, status="CANCELED"), method="GET", skip=1)
        result = batch_pause(batch_id=ID, actor=operator)
        assert result.outcome == Outcome.UNCONFIRMED
        assert batch.batch(ID)["status"] == "CANCELED"
        assert len(batch.requests.of("PUT")) == 1

    def test_a_refused_repeat_does_not_say_that_the_first_was_refused(self, batch, operator):
        batch.faults.add(faults.answer(500), method="PUT")
        batch.faults.add(faults.answer(400, {"detail": "no"}), method="PUT")
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.UNCONFIRMED

    def test_active_is_also_shown_by_idle(self, batch, operator):
        batch.store.change_batch(ID, status="PAUSED")
        batch.after(lambda request: batch.store.change_batch(ID, status="IDLE"), method="PUT")
        batch.faults.add(faults.empty(applied=True), method="PUT")
        assert batch_resume(batch_id=ID, actor=operator).outcome == Outcome.APPLIED


class TestResumeAndUndo:
    def test_a_batch_paused_while_pending_resumes_as_pending(self, batch, operator):
        batch.store.change_batch(ID, status="PENDING")
        batch_pause(batch_id=ID, actor=operator)
        batch_resume(batch_id=ID, actor=operator)
        assert batch.batch(ID)["status"] == "PENDING"

    def test_a_batch_paused_elsewhere_resumes_as_active(self, batch, operator):
        batch.store.change_batch(ID, status="PAUSED")
        batch_resume(batch_id=ID, actor=operator)
        assert batch.batch(ID)["status"] == "ACTIVE"

    def test_resuming_a_batch_that_is_no_longer_paused_starts_nothing(self, batch, operator):
        batch.store.change_batch(ID, status="PENDING")
        assert batch_resume(batch_id=ID, actor=operator).outcome == Outcome.CONFLICT
        assert batch.batch(ID)["status"] == "PENDING"

    @pytest.mark.parametrize(("was", "comes_back"), [("ACTIVE", "ACTIVE"), ("PENDING", "PENDING"), ("IDLE", "ACTIVE")])
    def test_undoing_a_pause_brings_back_what_was(self, batch, operator, was, comes_back):
        batch.store.change_batch(ID, status=was)
        pause = batch_pause(batch_id=ID, actor=operator).change
        undo = change_undo(change=pause, actor=operator).change
        assert batch.batch(ID)["status"] == comes_back
        assert (undo.origin, undo.undoes) == (Origin.UNDO, pause)

    def test_undoing_an_expiry_restores_it_byte_for_byte(self, batch, operator):
        edit = BatchEdit(expires_on=in_future())
        change = batch_edit(batch_id=ID, edit=edit, actor=operator, loaded=loaded(batch)).change
        change_undo(change=change, actor=operator)
        assert batch.batch(ID)["expires_on"] == "2036-01-01T00:00:00.5Z"

    def test_undoing_what_somebody_has_changed_since_is_a_conflict(self, batch, operator):
        edit = BatchEdit(expires_on=in_future())
        change = batch_edit(batch_id=ID, edit=edit, actor=operator, loaded=loaded(batch)).change
        batch.store.change_batch(ID, expires_on="2037-01-01T00:00:00Z")
        assert change_undo(change=change, actor=operator).outcome == Outcome.CONFLICT
        assert batch.batch(ID)["expires_on"] == "2037-01-01T00:00:00Z"

    def test_a_cancel_cannot_be_undone(self, batch, operator):
        edit = BatchEdit(status=BatchStatus.CANCELED, deleted_reason="Wrong list")
        change = batch_edit(batch_id=ID, edit=edit, actor=operator, loaded=loaded(batch)).change
        with pytest.raises(NotAllowed):
            change_undo(change=change, actor=operator)

    def test_a_change_that_was_not_applied_cannot_be_undone(self, batch, operator):
        batch.faults.add(faults.answer(400), method="PUT")
        change = batch_pause(batch_id=ID, actor=operator).change
        with pytest.raises(NotAllowed):
            change_undo(change=change, actor=operator)


class TestTheLock:
    def test_the_second_writer_says_who_is_writing(self, batch, operator, monkeypatch):
        monkeypatch.setattr(changes, "LOCK_WAIT_SECONDS", 0.1)
        Change.objects.create(
            batch_id=ID,
            actor_email="colleague@example.com",
            edit=BatchEdit(status=BatchStatus.PAUSED),
            deadline_at=timezone.now() + timedelta(seconds=30),
        )
        result = batch_pause(batch_id=ID, actor=operator)
        assert result.outcome == Outcome.NOT_SENT
        assert "colleague@example.com is changing this batch" in result.change.detail
        assert not batch.requests

    def test_a_started_change_past_its_deadline_is_settled_by_the_next_writer(self, batch, operator):
        left = Change.objects.create(batch_id=ID, edit=BatchEdit(status=BatchStatus.PAUSED), deadline_at=timezone.now())
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
        left.refresh_from_db()
        assert left.outcome == Outcome.NOT_SENT


@pytest.mark.django_db(transaction=True)
class TestSimultaneousWriters:
    def test_two_writers_of_one_batch_take_turns(self, batch, operator):
        under_way, most, lock = 0, 0, threading.Lock()

        def enter(request):
            nonlocal under_way, most
            with lock:
                under_way += 1
                most = max(most, under_way)
            time.sleep(0.05)

        def leave(request):
            nonlocal under_way
            with lock:
                under_way -= 1

        batch.before(enter, method="PUT", times=None)
        batch.after(leave, method="PUT", times=None)
        edits = [BatchEdit(expires_on=in_future(days)) for days in (1, 2, 3)]
        outcomes = self.run_together(edits, operator)
        assert most == 1
        assert outcomes == [Outcome.APPLIED] * 3
        assert batch.batch(ID)["expires_on"] in [edit.expires_on.text for edit in edits]

    def test_a_cancel_is_never_overwritten_by_a_writer_that_was_under_way(self, batch, operator):
        batch.before(lambda request: time.sleep(0.1), method="PUT", times=None)
        cancel = BatchEdit(status=BatchStatus.CANCELED, deleted_reason="Wrong list")
        outcomes = self.run_together([cancel, PAUSE, BatchEdit(expires_on=in_future())], operator)
        assert outcomes[0] == Outcome.APPLIED
        assert batch.batch(ID)["status"] == "CANCELED"

    def test_a_writer_whose_change_was_settled_meanwhile_sends_nothing(self, batch, operator):
        def settle_elsewhere(request):
            Change.objects.update(outcome=Outcome.NOT_SENT, settled_at=timezone.now())
            connection.close()

        batch.after(settle_elsewhere, method="GET")
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.NOT_SENT
        assert not batch.requests.of("PUT")

    def run_together(self, edits, operator):
        outcomes = [None] * len(edits)

        def write(index, edit):
            try:
                result = batch_update(batch_id=ID, edit=edit, actor=operator, origin=Origin.FORM)
                outcomes[index] = result.outcome
            finally:
                connection.close()

        threads = [threading.Thread(target=write, args=pair) for pair in enumerate(edits)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes


class TestOddData:
    def test_text_that_no_database_can_hold_does_not_stop_a_pause(self, batch, operator):
        odd = {"note\x00": ["a\x00b", "\ud83d", {"x": "\udc00y"}]}
        batch.store.add_batch("odd", status="ACTIVE", extra=odd)
        result = batch_pause(batch_id="odd", actor=operator)
        result.change.refresh_from_db()
        assert (result.outcome, batch.batch("odd")["status"]) == (Outcome.APPLIED, "PAUSED")

    def test_a_campaign_number_beyond_all_bounds_is_left_out_of_the_trail(self, batch, operator):
        batch.store.add_batch("odd", status="ACTIVE", extra={"campaign_id": 10**30})
        assert batch_pause(batch_id="odd", actor=operator).change.campaign_id is None

    def test_a_batch_without_a_status_can_be_canceled(self, batch, operator):
        batch.store.add_batch("odd", omit=["status"])
        batch.faults.add(faults.ignore(), method="PUT")
        edit = BatchEdit(status=BatchStatus.CANCELED, deleted_reason="Wrong list")
        batch_edit(batch_id="odd", edit=edit, actor=operator, loaded={})
        assert batch.requests.of("PUT")[0].body["status"] == "CANCELED"
