"""What the trail says when an operation ends: its numbers, once for each end."""

import pytest
from django.db import DatabaseError

from batches.models import Kind, Operation, State, TargetScope
from batches.services.operations import runner
from batches.services.operations.actions import operation_retry, operation_stop
from batches.services.operations.undo import operation_stop_calling
from sandbox import faults
from tests.batches.services.factories import carried_out, meanwhile, start
from tests.batches.services.looks import make_due
from trail.models import Action, Entry
from trail.source import Source

pytestmark = pytest.mark.django_db(transaction=True)

NOTHING = {"applied": 0, "unconfirmed": 0, "failed": 0, "skipped": 0, "waiting": 0}


@pytest.fixture
def campaign(sandbox):
    sandbox.store.add_campaign(id=7, campaign_name="Reminders")
    for number in range(5):
        sandbox.store.add_batch(f"b{number}", campaign_id=7, status="ACTIVE")
    return sandbox


def ends(operation):
    return list(Entry.objects.filter(action=Action.OPERATION_ENDED, operation_id=operation.pk).order_by("pk"))


def the_end(operation):
    [entry] = ends(operation)
    return entry


def test_one_that_is_finished_says_for_whom_and_what_became_of_its_batches(campaign, operator):
    operation = carried_out(start(Kind.PAUSE, operator, campaign_name="Reminders"))
    entry = the_end(operation)
    assert (entry.actor_id, entry.actor_email) == (operator.pk, "operator@example.com")
    assert (entry.campaign_id, entry.campaign_name, entry.kind, entry.is_undo) == (7, "Reminders", "pause", False)
    assert entry.body["numbers"] == NOTHING | {"applied": 5}
    assert (entry.body["state"], entry.body["cause"], entry.body["scope"]) == ("finished", "", "campaign")


def test_what_failed_or_was_skipped_is_counted_apart_and_a_retry_ends_once_more(campaign, operator):
    fault = campaign.faults.add(faults.answer(422), method="PUT", path=r"/batches/b1$", times=None)
    campaign.store.change_batch("b2", status="PAUSED")
    ids = [f"b{number}" for number in range(5)]
    operation = carried_out(start(Kind.PAUSE, operator, scope=TargetScope.SELECTION, batch_ids=ids))
    assert the_end(operation).body["numbers"] == NOTHING | {"applied": 3, "failed": 1, "skipped": 1}

    fault.times = 0
    operation_retry(operation=operation, actor=operator)
    carried_out(operation)
    first, second = ends(operation)
    assert second.body["numbers"] == NOTHING | {"applied": 4, "skipped": 1}
    assert first.body["numbers"]["failed"] == 1


def test_what_is_not_confirmed_is_counted_as_that(campaign, operator):
    campaign.faults.add(faults.ignore(), method="PUT", path=r"/batches/b1$", times=None)
    campaign.after(meanwhile(make_due), method="GET", path=r"/batches/b1$")
    operation = carried_out(start(Kind.PAUSE, operator))
    assert the_end(operation).body["numbers"] == NOTHING | {"applied": 4, "unconfirmed": 1}


def test_one_that_is_aborted_counts_what_it_did_not_reach(campaign, operator):
    operation = start(Kind.RESUME, operator, scope=TargetScope.SELECTION, batch_ids=["b0", "b1"])
    operation_stop(operation=operation, actor=operator, source=Source("192.0.2.1", "abc"))
    entry = the_end(operation)
    assert entry.body["numbers"] == NOTHING | {"waiting": 2}
    assert (entry.body["state"], entry.body["cause"]) == ("stopped", "aborted")
    assert not operation_stop(operation=operation, actor=operator)
    assert len(ends(operation)) == 1


def test_one_that_a_later_stop_ends_has_its_entry(campaign, operator):
    resume = start(Kind.RESUME, operator)
    start(Kind.PAUSE, operator)
    assert the_end(resume).body["cause"] == "superseded"


@pytest.mark.parametrize("is_over", [True, False])
def test_one_whose_calls_are_stopped_ends_once(campaign, operator, is_over):
    resume = start(Kind.RESUME, operator, scope=TargetScope.SELECTION, batch_ids=["b0"])
    if is_over:
        carried_out(resume)
    operation_stop_calling(operation=resume, actor=operator)
    operation_stop_calling(operation=resume, actor=operator)
    assert the_end(resume).body["cause"] == ("" if is_over else "superseded")


def test_one_whose_person_lost_their_authority_has_its_entry(campaign, operator):
    operation = start(Kind.CANCEL, operator)
    operator.is_active = False
    operator.save()
    carried_out(operation)
    assert the_end(operation).body["cause"] == "authority"


def test_one_whose_entry_cannot_be_written_goes_on(campaign, operator, monkeypatch):
    operation = start(Kind.PAUSE, operator)
    with monkeypatch.context() as broken:
        broken.setattr(runner, "operation_ended", lambda _id: (_ for _ in ()).throw(DatabaseError("disk full")))
        with pytest.raises(DatabaseError):
            carried_out(operation)
    operation.refresh_from_db()
    assert operation.state == State.RUNNING
    assert not ends(operation)

    Operation.objects.update(lease_until=None)
    assert carried_out(operation).state == State.FINISHED
    assert the_end(operation).body["numbers"] == NOTHING | {"applied": 5}
