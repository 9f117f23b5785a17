"""What runs under a hold is paused again, by the queue of the stops and the one road."""

import pytest

from batches.models import Change, Hold, HoldAttempt, Kind, Operation, Outcome, TargetScope
from batches.services.watch.watcher import Watcher
from tests.batches.holds import open_for_holds, pause_again, queued_for_holds, the_hold
from tests.batches.services.factories import carried_out, start

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize("contract", ["2025-04", "current"]),
]


@pytest.fixture
def batches(sandbox):
    """Provide two running batches of campaign 7, and one of campaign 8."""
    sandbox.store.add_campaign(campaign_name="Reminders", id=7)
    sandbox.store.add_campaign(campaign_name="Feedback", id=8)
    for batch_id, campaign_id in (("a", 7), ("b", 7), ("c", 8)):
        sandbox.store.add_batch(batch_id, campaign_id=campaign_id, status="ACTIVE", requests=2)
    return sandbox.store


@pytest.fixture
def held(batches, operator, look):
    """Pause campaign 7 and keep it paused, all of which was seen."""
    look()
    carried_out(start(Kind.PAUSE, operator, keep_paused=True, reason="wrong list"))
    look()
    return the_hold()


def status(store, batch_id):
    return store.batch(batch_id)["status"]


def test_what_is_resumed_elsewhere_is_paused_again_by_one_operation(held, batches, look, elsewhere, operator):
    assert not queued_for_holds()
    elsewhere("a", status="ACTIVE")
    look()
    [operation] = open_for_holds()
    assert (operation.kind, operation.scope, operation.hold, operation.actor) == ("pause", "selection", held, operator)
    assert list(operation.items.values_list("batch_id", flat=True)) == ["a"]
    assert status(batches, "a") == "ACTIVE"
    pause_again()
    assert status(batches, "a") == "PAUSED"
    [change] = operation.changes.all()
    assert (change.outcome, change.origin, change.actor_email) == ("applied", "hold", operator.email)
    look()
    assert len(queued_for_holds()) == 1


def test_whatever_runs_is_paused_again_and_what_has_ended_is_left(held, batches, look, elsewhere, contract):
    elsewhere("a", status="PENDING")
    elsewhere("b", status="EXPIRED")
    look()
    pause_again()
    assert (status(batches, "a"), status(batches, "b")) == ("PAUSED", "EXPIRED")
    if contract == "2025-04":
        elsewhere("a", status="IDLE")
        look()
        pause_again()
        assert status(batches, "a") == "PAUSED"


def test_another_campaign_is_left_alone(held, batches, look, elsewhere):
    elsewhere("c", status="PAUSED")
    look()
    elsewhere("c", status="ACTIVE")
    look()
    assert not queued_for_holds()


def test_a_new_batch_of_a_held_campaign_is_held(held, batches, look):
    batches.add_batch("new", campaign_id=7, status="PENDING", requests=1)
    look()
    pause_again()
    assert status(batches, "new") == "PAUSED"
    # Nobody undid a pause.
    assert not HoldAttempt.objects.exists()


def test_canceling_is_allowed(held, batches, look, elsewhere, operator):
    carried_out(start(Kind.CANCEL, operator))
    look()
    assert {status(batches, "a"), status(batches, "b")} == {"CANCELED"}
    assert not queued_for_holds()


def test_of_a_selection_only_the_selected_batches_are_held(batches, operator, look, elsewhere):
    look()
    carried_out(start(Kind.PAUSE, operator, scope=TargetScope.SELECTION, batch_ids=("a", "c"), keep_paused=True))
    look()
    assert set(the_hold().batches.values_list("batch_id", flat=True)) == {"a", "c"}
    assert not queued_for_holds()
    elsewhere("a", "c", status="ACTIVE")
    batches.add_batch("new", campaign_id=7, status="ACTIVE", requests=1)
    look()
    [operation] = open_for_holds()
    assert set(operation.items.values_list("batch_id", flat=True)) == {"a", "c"}


def test_of_everything_all_batches_are_held(batches, operator, look, elsewhere):
    look()
    carried_out(start(Kind.PAUSE, operator, scope=TargetScope.ALL, keep_paused=True))
    look()
    elsewhere("a", "c", status="ACTIVE")
    batches.add_batch("new", campaign_id=99, status="ACTIVE", requests=1)
    look()
    [operation] = open_for_holds()
    assert set(operation.items.values_list("batch_id", flat=True)) == {"a", "c", "new"}
    assert operation.campaign_id is None


def test_no_second_operation_while_one_for_the_same_batches_is_open(held, batches, look, elsewhere):
    elsewhere("a", status="ACTIVE")
    look()
    look()
    elsewhere("b", status="ACTIVE")
    look()
    assert [list(one.items.values_list("batch_id", flat=True)) for one in open_for_holds()] == [["a"], ["b"]]


def test_what_the_pause_itself_is_about_to_do_is_not_queued_twice(batches, operator, look):
    look()
    start(Kind.PAUSE, operator, keep_paused=True)
    look()
    assert the_hold().is_active
    assert not queued_for_holds()


def test_two_watchers_pause_once(held, look, elsewhere):
    elsewhere("a", status="ACTIVE")
    look()
    other = Watcher(interval=60.0)
    other.look()
    look()
    assert len(queued_for_holds()) == 1


def test_the_watcher_writes_nothing_and_does_not_wait(held, look, elsewhere, sandbox):
    elsewhere("a", status="ACTIVE")
    sandbox.requests.clear()
    look()
    assert open_for_holds()
    assert {request.method for request in sandbox.requests} == {"GET"}


def test_its_own_pauses_do_not_keep_it_from_looking(held, look, elsewhere, sandbox, batches):
    elsewhere("a", status="ACTIVE")
    look()
    # The operation was queued a moment ago and nobody has carried it out.
    elsewhere("c", expires_on="2099-01-01T00:00:00Z")
    look()
    assert Change.objects.filter(outcome=Outcome.OBSERVED, batch_id="c").exists()


def test_a_hold_outlives_who_placed_it(held, batches, look, elsewhere, operator):
    operator.is_active = False
    operator.save()
    elsewhere("a", status="ACTIVE")
    look()
    [operation] = pause_again()
    assert status(batches, "a") == "PAUSED"
    assert (operation.state, operation.unattended_since) == ("finished", None)
    operator.delete()
    elsewhere("a", status="ACTIVE")
    look()
    pause_again()
    assert status(batches, "a") == "PAUSED"
    assert Hold.objects.get().placed_by_email == "operator@example.com"


def test_a_pause_that_fails_is_not_repeated_at_each_look(held, batches, look, elsewhere, sandbox):
    elsewhere("a", status="ACTIVE")
    look()
    [operation] = open_for_holds()
    operation.items.update(state="failed", finished_at=operation.created_at)
    Operation.objects.filter(pk=operation.pk).update(state="finished")
    look()
    assert len(queued_for_holds()) == 1


def test_once_lifted_a_pause_that_was_queued_writes_nothing(held, batches, look, elsewhere):
    elsewhere("a", status="ACTIVE")
    look()
    Hold.objects.update(lifted_at=held.placed_at)
    [operation] = pause_again()
    assert status(batches, "a") == "ACTIVE"
    [item] = operation.items.all()
    assert item.state == "skipped"
    look()
    assert len(queued_for_holds()) == 1
