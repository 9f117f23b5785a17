"""One look after the other: what is seen, and what was made elsewhere, in both contracts."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches.models import CampaignSighting, Change, Outcome, Sample, WatchState
from batches.services.changes.update import batch_pause, batch_resume
from sandbox.contracts import CONTRACTS
from tests.batches.services.watch.conftest import events, observed, seen
from trail.models import Entry

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("contract", ["2025-04", "current"])]
AUTO = pytest.mark.parametrize("setting", ["auto", "as it is"])


def test_a_look_keeps_every_batch_that_is_not_over_and_then_the_others(look, sandbox):
    sandbox.store.add_campaign(campaign_name="Reminders")
    for status in ("ACTIVE", "PAUSED", "PENDING", "EXPIRED", "CANCELED"):
        sandbox.store.add_batch(status.lower(), status=status, requests=3)
    look()
    assert {row.batch_id: row.status for row in map(seen, ("active", "expired"))} == {
        "active": "ACTIVE",
        "expired": "EXPIRED",
    }
    state = WatchState.objects.get()
    assert state.looked_at
    assert state.full_look_at
    assert not state.problem
    campaign = CampaignSighting.objects.get()
    assert (campaign.name, campaign.batches, campaign.running) == ("Reminders", 5, 2)
    assert campaign.statuses == dict.fromkeys(("ACTIVE", "PAUSED", "PENDING", "EXPIRED", "CANCELED"), 1)
    assert campaign.pending == 9
    assert Sample.objects.get().sighting.batch_id == "active"
    assert not Change.objects.exists()


def test_each_look_is_as_of_when_its_first_request_left(look, sandbox):
    sandbox.store.add_batch("a", status="ACTIVE")
    before = timezone.now() - timedelta(milliseconds=1)
    for _ in range(3):
        look()
        looked_at = WatchState.objects.get().looked_at
        assert before <= looked_at <= seen("a").seen_at
        before = looked_at + timedelta(microseconds=1)


@AUTO
def test_a_pause_by_somebody_else_is_a_change_once(look, sandbox, settings, setting):
    if setting == "auto":
        settings.SYLLABLE_API_CONTRACT = "auto"
    sandbox.store.add_batch("a", status="ACTIVE", requests=3)
    look()
    sandbox.store.change_batch(
        "a", status="PAUSED", last_updated_by="eve@example.com", last_updated_at=timezone.now().isoformat()
    )
    look()
    look()
    [change] = observed()
    assert change.edit.fields() == {"status": "PAUSED"}
    assert change.last_updated_by == "eve@example.com"
    assert change.is_settled
    assert (change.status_before, str(change.batch_seen.status)) == ("ACTIVE", "PAUSED")
    [entry] = Entry.objects.filter(change_id=change.pk)
    assert (entry.outcome, entry.kind) == (Outcome.OBSERVED, "pause")
    assert seen("a").status == "PAUSED"


def test_what_we_do_is_not_made_elsewhere(look, sandbox, operator):
    sandbox.store.add_batch("a", status="ACTIVE", requests=3)
    look()
    batch_pause(batch_id="a", actor=operator)
    look()
    batch_resume(batch_id="a", actor=operator)
    batch_pause(batch_id="a", actor=operator)
    look()
    look()
    assert not observed()
    assert seen("a").status == "PAUSED"


def test_what_the_platform_does_by_itself_is_no_change(look, sandbox):
    sandbox.store.add_batch("a", status="PENDING", requests=3)
    look()
    sandbox.store.change_batch("a", status="ACTIVE", last_updated_at=timezone.now().isoformat())
    look()
    sandbox.store.change_batch("a", status="EXPIRED", last_updated_at=timezone.now().isoformat())
    look()
    assert not observed()
    assert events() == [("a", "started", "PENDING"), ("a", "expired", "ACTIVE")]


def test_a_resume_elsewhere_after_our_pause_is_seen(look, sandbox, operator):
    sandbox.store.add_batch("a", status="ACTIVE", requests=3, last_worked_on=timezone.now().isoformat())
    look()
    batch_pause(batch_id="a", actor=operator)
    later = (timezone.now() + timedelta(seconds=1)).isoformat()
    sandbox.store.change_batch("a", status="ACTIVE", last_updated_by="eve@example.com", last_updated_at=later)
    look()
    [change] = observed()
    assert change.edit.fields() == {"status": "ACTIVE"}


def test_an_account_that_migrates_is_looked_at_all_along(look, sandbox, contract, settings):
    """By the lists that both contracts have, until an answer shows the new one."""
    settings.SYLLABLE_API_CONTRACT = "auto"
    sandbox.store.add_batch("a", status="ACTIVE", requests=3)
    look()
    look()
    sandbox.contract = CONTRACTS["current" if contract == "2025-04" else "2025-04"]
    for _ in range(3):
        look()
    assert not WatchState.objects.get().problem
    sandbox.store.change_batch("a", status="PAUSED", last_updated_at=timezone.now().isoformat())
    look()
    [change] = observed()
    assert change.edit.fields() == {"status": "PAUSED"}
