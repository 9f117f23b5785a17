"""What becomes of a change that a crash or a silent API left open."""

import os
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from batches.models import Change, Outcome
from batches.services.changes.reconcile import change_settle, changes_settle
from batches.services.changes.update import batch_pause, batch_resume
from sandbox import faults
from syllable.schemas import BatchEdit, BatchStatus
from tests.batches.services.looks import LOOKS, make_due
from tests.workers.processes import Processes, database_url, eventually

pytestmark = pytest.mark.django_db

ID = "20261123.9"


@pytest.fixture
def batch(sandbox):
    sandbox.store.add_batch(ID, status="ACTIVE")
    return sandbox


def settle_changes():
    """Run the command; return its output and its exit code."""
    out, code = StringIO(), 0
    try:
        call_command("settle_changes", stdout=out)
    except SystemExit as stop:
        code = stop.code
    return out.getvalue(), code


def settle_when_due():
    """Run the command when the next look at every change is due."""
    make_due()
    return settle_changes()


@pytest.fixture
def unconfirmed(batch, operator):
    """Make a pause that the API neither took nor refused."""
    fault = batch.faults.add(faults.ignore(), method="PUT", times=None)
    change = batch_pause(batch_id=ID, actor=operator).change
    fault.times = 0
    assert (change.outcome, change.is_settled) == (Outcome.UNCONFIRMED, False)
    return change


def test_one_that_was_taken_after_all_is_applied(batch, unconfirmed):
    batch.store.change_batch(ID, status="PAUSED")
    assert change_settle(unconfirmed).outcome == Outcome.APPLIED
    assert unconfirmed.is_settled


def test_one_that_does_not_show_before_its_deadline_stays_open(batch, unconfirmed):
    assert not change_settle(unconfirmed).is_settled


def test_one_that_does_not_show_is_looked_for_several_times_before_it_is_left(batch, unconfirmed):
    batch.requests.clear()
    printed, codes = zip(*[settle_when_due() for _ in range(LOOKS)], strict=True)

    assert len(batch.requests.of("GET")) == LOOKS > 2
    assert codes == (1,) * (LOOKS - 1) + (0,)
    assert all("still open" in words for words in printed[:-1])
    assert "Not confirmed" in printed[-1]
    unconfirmed.refresh_from_db()
    assert (unconfirmed.outcome, unconfirmed.is_settled) == (Outcome.UNCONFIRMED, True)


def test_one_that_was_taken_late_is_found_by_a_later_look(batch, unconfirmed):
    settle_when_due()
    batch.store.change_batch(ID, status="PAUSED")
    assert settle_when_due() == (f"change {unconfirmed.pk} of batch {ID}: Applied.\n", 0)


def test_looks_are_further_and_further_apart_over_some_minutes(batch, unconfirmed):
    pauses = []
    for _ in range(LOOKS - 1):
        settle_when_due()
        unconfirmed.refresh_from_db()
        pauses.append(unconfirmed.next_look_at - unconfirmed.seen_at)

    assert pauses == sorted(pauses)
    # Longer than what settles rests in between, and than what a restart of Syllable takes.
    assert pauses[0] >= timedelta(seconds=30)
    assert timedelta(minutes=5) < sum(pauses, timedelta()) < timedelta(minutes=15)


def test_one_that_is_looked_for_later_is_left_until_then_and_the_command_says_so(batch, unconfirmed):
    settle_when_due()
    batch.requests.clear()

    printed, code = settle_changes()

    assert not batch.requests
    assert (f"change {unconfirmed.pk} of batch {ID}: still open, next check after" in printed, code) == (True, 1)


def test_looking_by_hand_leaves_the_looks_that_are_to_come_where_they_are(batch, unconfirmed):
    settle_when_due()
    unconfirmed.refresh_from_db()
    next_look_at = unconfirmed.next_look_at

    for _ in range(2 * LOOKS):
        assert not change_settle(unconfirmed).is_settled
    assert unconfirmed.next_look_at == next_look_at

    batch.store.change_batch(ID, status="PAUSED")
    assert change_settle(unconfirmed).outcome == Outcome.APPLIED


def test_looking_by_hand_counts_when_a_look_is_due(batch, unconfirmed):
    for _ in range(LOOKS):
        make_due()
        change_settle(unconfirmed)
    assert unconfirmed.is_settled


def test_two_that_look_at_once_count_as_one_look(batch, unconfirmed):
    make_due()
    same = Change.objects.get()
    change_settle(unconfirmed)
    make_due()
    assert change_settle(same).looks == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_in_passing_does_not_end_it(batch, unconfirmed, status):
    batch.store.change_batch(ID, status="PAUSED")
    batch.faults.add(faults.answer(status), method="GET")

    assert settle_when_due()[1] == 1
    assert settle_when_due()[1] == 0

    unconfirmed.refresh_from_db()
    assert unconfirmed.outcome == Outcome.APPLIED


@pytest.mark.parametrize("status", [401, 403, 408, 429, 500])
def test_an_answer_that_says_nothing_of_the_batch_is_no_look(batch, unconfirmed, status):
    batch.faults.add(faults.answer(status), method="GET", times=None)
    for _ in range(2 * LOOKS):
        assert settle_when_due()[1] == 1


def test_the_next_change_of_the_batch_is_the_better_witness(batch, unconfirmed, operator):
    batch.store.change_batch(ID, status="PAUSED")
    batch_resume(batch_id=ID, actor=operator)
    make_due()
    batch.requests.clear()
    unconfirmed.refresh_from_db()
    assert change_settle(unconfirmed).outcome == Outcome.APPLIED
    assert not batch.requests


def test_a_witness_is_dated_by_the_change_that_read_it(batch, unconfirmed, operator):
    following = batch_pause(batch_id=ID, actor=operator).change
    change = change_settle(unconfirmed)
    assert change.seen_at == following.started_at


def test_a_witness_that_will_say_the_same_again_is_heard_once(batch, unconfirmed, operator):
    assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
    batch.requests.clear()

    assert settle_when_due()[1] == 0

    unconfirmed.refresh_from_db()
    assert (unconfirmed.outcome, unconfirmed.is_settled) == (Outcome.UNCONFIRMED, True)
    assert not batch.requests


def test_while_the_api_is_silent_it_stays_open_and_the_command_says_so(batch, unconfirmed):
    batch.faults.add(faults.answer(500), times=None)
    printed, code = settle_when_due()
    assert ("still open" in printed, code) == (True, 1)


def test_a_living_writer_is_left_alone(batch):
    change = Change.objects.create(
        batch_id=ID, edit=BatchEdit(status=BatchStatus.PAUSED), deadline_at=timezone.now() + timedelta(seconds=30)
    )
    assert changes_settle() == []
    assert change_settle(change).outcome == Outcome.STARTED
    assert not batch.requests


def test_a_batch_that_is_gone_settles_its_changes_with_the_last_look(batch, unconfirmed):
    batch.store.clear()
    assert [settle_when_due()[1] for _ in range(LOOKS)] == [1] * (LOOKS - 1) + [0]
    assert "does not know" in Change.objects.get().detail


@pytest.mark.django_db(transaction=True)
class TestKilled:
    """A process killed with SIGKILL while the API has its write in hand."""

    SCRIPT = f"""
from batches.services.changes.update import batch_pause
from accounts.models import User
batch_pause(batch_id={ID!r}, actor=User.objects.get(email="operator@example.com"))
"""

    @pytest.fixture
    def kill_when(self, batch, tmp_path):
        """Run a pause in a process of its own and kill it once `arrived()`."""
        address = {"SYLLABLE_API_URL": batch.url, "SYLLABLE_API_KEY": batch.api_key}
        shipped = {"DJANGO_SETTINGS_MODULE": "dashboard.settings", "DATABASE_URL": database_url()}
        processes = Processes(os.environ | address | shipped, tmp_path)

        def kill_when(arrived):
            process = processes.shell(self.SCRIPT)
            eventually(arrived)
            process.kill()
            assert Change.objects.get().outcome == Outcome.STARTED

        yield kill_when
        processes.end()

    def test_after_the_write_was_taken_it_is_settled_as_applied(self, batch, operator, kill_when):
        batch.faults.add(faults.hang(applied=True), method="PUT")
        kill_when(lambda: batch.batch(ID)["status"] == "PAUSED")
        assert "Applied" in settle_when_due()[0]
        assert Change.objects.get().is_settled

    def test_before_the_write_was_taken_it_is_settled_as_not_confirmed(self, batch, operator, kill_when):
        batch.faults.add(faults.hang(), method="PUT")
        kill_when(lambda: batch.requests.of("PUT"))
        for _ in range(LOOKS):
            settle_when_due()
        change = Change.objects.get()
        assert (change.outcome, change.is_settled) == (Outcome.UNCONFIRMED, True)
        assert batch.batch(ID)["status"] == "ACTIVE"

    def test_before_anything_was_sent_it_is_settled_as_not_sent(self, batch, operator, kill_when):
        batch.faults.add(faults.hang(), method="GET")
        kill_when(lambda: batch.requests.of("GET"))
        settle_when_due()
        assert Change.objects.get().outcome == Outcome.NOT_SENT

    def test_its_lock_does_not_outlive_its_deadline(self, batch, operator, kill_when):
        batch.faults.add(faults.hang(), method="PUT")
        kill_when(lambda: batch.requests.of("PUT"))
        make_due()
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
