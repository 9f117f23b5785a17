"""What is not confirmed has one definition, so that the header, the trail and the operations give the same number."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from batches.access import EVERYTHING
from batches.models import Change, ItemState, Kind, Outcome
from batches.selectors.operations import header_counts
from batches.services.changes.reconcile import BETWEEN_LOOKS, changes_settle
from batches.services.changes.update import batch_pause
from sandbox import faults
from syllable.schemas import BatchEdit
from tests.batches.services.factories import carried_out, start
from tests.batches.views.operation_pages import OPERATIONS, words
from tests.html import attributes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign(sandbox):
    for number in range(3):
        sandbox.store.add_batch(f"a{number}", campaign_id=7, status="ACTIVE", requests=2)
    return sandbox


@pytest.fixture
def swallowed(campaign):
    """Answer writes of a0 as if they had been taken, and ignore them."""
    return campaign.faults.add(faults.ignore(), method="PUT", path="/batches/a0$", times=None)


def past_their_deadlines():
    Change.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))


def give_up():
    """Look for the outcomes of all changes until the last look."""
    past_their_deadlines()
    for _ in range(len(BETWEEN_LOOKS) + 1):
        Change.objects.update(next_look_at=None)
        changes_settle()


def rows(client):
    return [change.batch_id for change in client.get("/changes/", {"unsettled": "1"}).context["page"].entries]


def test_header_trail_and_operation_give_the_same_number(client, operator, campaign, swallowed):
    operation = carried_out(start(Kind.PAUSE, operator))
    assert operation.changes.filter(outcome=Outcome.UNCONFIRMED).count() > 1, "it was tried more than once"
    client.force_login(operator)
    response = client.get(f"{OPERATIONS}{operation.pk}/")
    assert attributes(response, "[data-unconfirmed]", "data-unconfirmed") == ["1"]
    assert "1 not confirmed" in words(response)
    assert words(response).count("1 not confirmed") == 2, "in the header and in the sentence"
    assert rows(client) == ["a0"]


def test_the_header_asks_what_the_trail_asks(campaign, operator):
    now, later = timezone.now(), timezone.now() + timedelta(seconds=30)
    cases = [
        ("settled", Outcome.UNCONFIRMED, now, now),
        ("open", Outcome.UNCONFIRMED, later, None),
        ("left", Outcome.STARTED, now - timedelta(seconds=1), None),
        ("being written", Outcome.STARTED, later, None),
        ("tried again", Outcome.UNCONFIRMED, later, None),
        ("tried again", Outcome.UNCONFIRMED, later, None),
        ("not sent again", Outcome.UNCONFIRMED, later, None),
        ("not sent again", Outcome.NOT_SENT, later, now),
        ("written since", Outcome.UNCONFIRMED, later, None),
        ("written since", Outcome.APPLIED, later, now),
    ]
    for batch_id, outcome, deadline, settled in cases:
        Change.objects.create(
            batch_id=batch_id, outcome=outcome, edit=BatchEdit(), deadline_at=deadline, settled_at=settled
        )
    found = Change.objects.not_confirmed().values_list("batch_id", flat=True)
    assert sorted(found) == ["left", "not sent again", "open", "tried again"]
    assert header_counts(scope=EVERYTHING).not_confirmed == 4


def test_what_is_given_up_for_good_has_a_word_of_its_own(client, operator, campaign, swallowed):
    operation = carried_out(start(Kind.PAUSE, operator))
    give_up()
    client.force_login(operator)
    response = client.get(f"{OPERATIONS}{operation.pk}/")
    text = words(response)
    assert "1 never confirmed" in text
    assert "1 not confirmed" not in text
    assert attributes(response, "[data-unconfirmed]", "data-unconfirmed") == ["1"]
    assert rows(client) == []
    assert "a0" in words(client.get(f"{OPERATIONS}{operation.pk}/", {"state": "never_confirmed"}))
    assert "Never confirmed" in words(client.get("/changes/", {"operation": operation.pk}))


def test_what_turns_out_to_be_taken_counts_as_done(client, operator, campaign, swallowed):
    operation = carried_out(start(Kind.PAUSE, operator))
    campaign.store.change_batch("a0", status="PAUSED")
    past_their_deadlines()
    changes_settle()
    client.force_login(operator)
    text = words(client.get(f"{OPERATIONS}{operation.pk}/"))
    assert "Paused 3 of 3 batches." in text
    assert "not confirmed" not in text
    item = operation.items.get(batch_id="a0")
    assert (item.state, item.detail) == (ItemState.DONE, "")


def test_a_write_in_doubt_is_not_called_failed_for_a_later_try_that_was_not_sent(client, operator, campaign):
    campaign.faults.add(faults.ignore(), method="PUT", path="/batches/a0$", times=None)
    operation = start(Kind.PAUSE, operator)
    # The first try is in doubt; from then on the batch cannot even be read.
    campaign.after(
        lambda request: campaign.faults.add(faults.answer(500), method="GET", path="/batches/a0$", times=None),
        method="PUT",
        path="/batches/a0$",
    )
    carried_out(operation)
    assert operation.items.get(batch_id="a0").state == ItemState.UNCONFIRMED
    client.force_login(operator)
    assert words(client.get(f"{OPERATIONS}{operation.pk}/")).count("1 not confirmed") == 2
    assert rows(client) == ["a0"]


def test_a_single_change_is_told_with_the_same_words(client, operator, campaign, swallowed):
    change = batch_pause(batch_id="a0", actor=operator).change
    client.force_login(operator)
    response = client.get(f"/changes/{change.pk}/")
    assert "1 not confirmed" in words(response)
    assert attributes(response, '[data-outcome="unconfirmed"]', "data-change") == [str(change.pk)]
    give_up()
    assert "Never confirmed" in words(client.get(f"/changes/{change.pk}/"))


def test_a_check_in_vain_is_told_with_its_time_in_the_readers_zone_and_the_status(
    client, operator, campaign, swallowed
):
    change = batch_pause(batch_id="a0", actor=operator).change
    past_their_deadlines()
    changes_settle()
    change.refresh_from_db()
    operator.time_zone = "Asia/Tokyo"
    operator.save()
    client.force_login(operator)
    seen_at = change.seen_at.astimezone(ZoneInfo("Asia/Tokyo"))
    said = f"Checked again at {seen_at:%H:%M}: still ACTIVE. The batch does not show the pause yet."
    for address in (f"/changes/{change.pk}/", "/changes/", "/batches/a0/", f"/batches/a0/?change={change.pk}"):
        assert said in words(client.get(address))
