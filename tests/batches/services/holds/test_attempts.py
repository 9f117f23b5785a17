"""What counts as an attempt, and when attempts raise the alarm."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Mail
from batches.models import Change, Hold, HoldAttempt, Kind, Operation, Outcome
from batches.services.changes.update import batch_pause
from batches.services.watch.budget import Budget
from batches.services.watch.holds import held_pause
from common.lease import WorkLease
from sandbox import faults
from tests.batches.holds import pause_again, queued_for_holds, the_hold
from tests.batches.services.factories import carried_out, start
from trail.models import Entry

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("contract", ["2025-04", "current"]),
]


@pytest.fixture
def batches(sandbox):
    sandbox.store.add_campaign(campaign_name="Reminders", id=7)
    for batch_id in ("a", "b"):
        sandbox.store.add_batch(batch_id, campaign_id=7, status="ACTIVE", requests=2)
    return sandbox.store


@pytest.fixture
def held(batches, operator, look):
    """Pause campaign 7 and keep it paused, all of which was seen."""
    look()
    carried_out(start(Kind.PAUSE, operator, keep_paused=True, reason="wrong list", campaign_name="Reminders"))
    look()
    return the_hold()


@pytest.fixture
def resume_elsewhere(elsewhere, look):
    """Have somebody resume batches elsewhere, and the dashboard see and undo that."""

    def resume(*batch_ids):
        elsewhere(*batch_ids, status="ACTIVE")
        look()
        pause_again()

    return resume


def not_carried_out(operation):
    """Make the operation look as if no worker had been there for long: then the watcher looks meanwhile."""
    Operation.objects.filter(pk=operation.pk).update(queued_at=None)


def actions(name):
    return list(Entry.objects.filter(action=name).order_by("pk"))


def test_a_confirmed_pause_that_was_undone_counts_once_and_is_recorded(held, resume_elsewhere, look):
    resume_elsewhere("a")
    look()
    [attempt] = HoldAttempt.objects.all()
    [change] = Change.objects.filter(outcome=Outcome.OBSERVED)
    assert (attempt.hold, attempt.change, attempt.batch_id) == (held, change, "a")
    [entry] = actions("hold_attempt")
    assert (entry.change_id, entry.batch_id, entry.body["hold"], entry.actor_id) == (change.pk, "a", held.pk, None)
    assert entry.body["last_updated_by"] == "eve@example.com"


def test_what_was_resumed_before_the_hold_began_is_no_attempt(batches, operator, look, elsewhere):
    look()
    carried_out(start(Kind.PAUSE, operator))
    look()
    elsewhere("a", status="ACTIVE")
    not_carried_out(start(Kind.PAUSE, operator, keep_paused=True))
    look()
    # When it was last seen as paused there was no hold.
    assert Change.objects.filter(outcome=Outcome.OBSERVED).exists()
    assert not HoldAttempt.objects.exists()


def test_what_the_pause_has_not_reached_yet_is_no_attempt(batches, operator, look, elsewhere):
    look()
    not_carried_out(start(Kind.PAUSE, operator, keep_paused=True))
    elsewhere("a", status="PENDING")
    look()
    elsewhere("a", status="ACTIVE")
    look()
    assert not HoldAttempt.objects.exists()


def test_another_change_elsewhere_is_no_attempt(held, look, elsewhere):
    elsewhere("a", expires_on="2099-01-01T00:00:00Z")
    look()
    assert not HoldAttempt.objects.exists()
    assert not queued_for_holds()


def test_a_resume_that_our_pause_overwrote_before_any_look_counts_too(held, batches, elsewhere, operator, look):
    """The watcher had no time to read the batch, so nobody but the road has seen it run."""
    elsewhere("a", status="ACTIVE")
    lease = WorkLease("test", length=timedelta(minutes=1))
    assert lease.hold()
    assert held_pause(lease=lease, doubtful=["a", "b"])
    pause_again()
    assert batches.batch("a")["status"] == "PAUSED"
    [attempt] = HoldAttempt.objects.all()
    assert (attempt.batch_id, attempt.change.origin) == ("a", "hold")
    look()
    assert HoldAttempt.objects.count() == 1


def test_a_pause_of_somebody_elsewhere_that_was_undone_counts(held, batches, look, elsewhere, operator):
    batches.add_batch("new", campaign_id=7, status="PAUSED", requests=1)
    look()
    elsewhere("new", status="ACTIVE")
    look()
    assert HoldAttempt.objects.get().batch_id == "new"


def test_three_within_an_hour_raise_the_alarm_once_and_mail_whoever_may_stop(
    held, batches, resume_elsewhere, operator, viewer, limited, settings
):
    settings.MAIL_DELIVERS = True
    for _ in range(2):
        resume_elsewhere("a")
    assert not Hold.objects.alarming().exists()
    for _ in range(2):
        resume_elsewhere("a")
    assert Hold.objects.alarming().get() == held
    [entry] = actions("hold_alarm")
    assert (entry.body["hold"], entry.body["attempts"], entry.operation_id) == (held.pk, 3, held.operation_id)
    mails = Mail.objects.order_by("to")
    assert [mail.to for mail in mails] == [limited.email, operator.email]
    assert f"Hold {held.pk}" in mails[0].subject
    assert "Reminders" in mails[0].text
    # The pausing goes on.
    assert batches.batch("a")["status"] == "PAUSED"


def test_attempts_of_long_ago_raise_no_alarm_and_an_old_alarm_ends(held, resume_elsewhere):
    for _ in range(3):
        resume_elsewhere("a")
        HoldAttempt.objects.update(at=timezone.now() - timedelta(hours=2))
    assert not Hold.objects.alarming().exists()
    for _ in range(3):
        resume_elsewhere("a")
    assert Hold.objects.alarming().exists()
    Hold.objects.update(alarmed_at=timezone.now() - timedelta(hours=2))
    assert not Hold.objects.alarming().exists()


def test_200_at_once_are_all_paused_again_although_there_is_no_time_to_read_each(
    held, batches, look, elsewhere, watcher
):
    """A list that shows them running lags behind for all we know, and each call costs a part of the budget."""
    ids = [f"many{number}" for number in range(200)]
    for batch_id in ids:
        batches.add_batch(batch_id, campaign_id=7, status="ACTIVE", requests=1)
    look()
    pause_again()
    look()
    elsewhere(*ids, status="ACTIVE")
    watcher._budget, watcher._interval = Budget(120), 5.0
    for _ in range(4):
        look()
        pause_again()
    assert {batches.batch(batch_id)["status"] for batch_id in ids} == {"PAUSED"}
    assert HoldAttempt.objects.values("batch_id").distinct().count() == 200
    assert HoldAttempt.objects.count() == 200


def test_what_cannot_be_read_by_itself_is_paused_all_the_same(held, batches, look, elsewhere, sandbox):
    """Contract 2025-04 tells by the results which requests are under way."""
    batches.add_batch("c", campaign_id=7, status="ACTIVE", requests=2, extra={"status_counts": {"CONNECTED": 2}})
    sandbox.faults.add(faults.answer(500), path=r"/results", times=None)
    look()
    pause_again()
    look()
    elsewhere("c", status="ACTIVE")
    look()
    pause_again()
    assert batches.batch("c")["status"] == "PAUSED"
    look()
    assert HoldAttempt.objects.count() == 1


def test_our_own_pause_is_no_attempt(held, operator, batches):
    assert batch_pause(batch_id="a", actor=operator).outcome == Outcome.UNCHANGED
    assert not HoldAttempt.objects.exists()
