"""A change made elsewhere is a change like any other: for undo and resume, in the trail, and on its pages."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from batches.models import Change, Kind, Outcome
from batches.services.changes.undo import change_undo, undo_edit
from batches.services.changes.update import NotAllowed, batch_pause
from batches.services.operations.targets import paused_by_operations
from syllable.schemas import BatchStatus
from tests.batches.services.factories import carried_out, start
from tests.batches.services.watch.conftest import observed
from trail.models import Entry
from trail.sealer import entries_seal

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("contract", ["2025-04", "current"])]
EVE = "eve@example.com"


@pytest.fixture
def batch(sandbox):
    now = timezone.now().isoformat()
    sandbox.store.add_campaign(campaign_name="Reminders", id=7)
    sandbox.store.add_batch("a", campaign_id=7, status="PENDING", requests=3, last_updated_at=now)
    return sandbox


@pytest.fixture
def elsewhere(batch, look):
    """Have somebody else change the batch, and see that; return the change."""

    def change(by=EVE, **fields):
        number = len(observed())
        later = (timezone.now() + timedelta(seconds=number)).isoformat()
        batch.store.change_batch("a", last_updated_by=by, last_updated_at=later, **fields)
        look()
        assert len(observed()) == number + 1
        return observed()[-1]

    look()
    return change


def test_its_entry_says_who_and_what_and_the_trail_verifies(elsewhere):
    change = elsewhere(status="PAUSED", expires_on="2099-01-01T00:00:00Z")
    [entry] = Entry.objects.filter(change_id=change.pk)
    assert (entry.actor_id, entry.actor_email, entry.origin) == (None, "", "elsewhere")
    assert (entry.batch_id, entry.campaign_id, entry.campaign_name, entry.kind) == ("a", 7, "Reminders", "pause")
    assert entry.body["last_updated_by"] == EVE
    assert entry.body["edit"] == {"status": "PAUSED", "expires_on": "2099-01-01T00:00:00Z"}
    assert entry.body["before"]["status"] == "PENDING"
    assert entry.body["seen"]["status"] == "PAUSED"
    entries_seal()
    out = StringIO()
    call_command("verify_trail", stdout=out)
    assert "holds" in out.getvalue()


def test_it_can_be_undone(elsewhere, batch, operator, look):
    change = elsewhere(status="PAUSED")
    assert undo_edit(change).fields() == {"status": "PENDING"}
    assert change_undo(change=change, actor=operator).outcome == Outcome.APPLIED
    assert batch.store.batch("a")["status"] == "PENDING"
    look()
    assert len(observed()) == 1


def test_a_cancellation_elsewhere_cannot_be_undone(elsewhere, operator):
    change = elsewhere(status="CANCELED", deleted_reason="wrong list")
    assert change.reason == "wrong list"
    with pytest.raises(NotAllowed):
        change_undo(change=change, actor=operator)


def test_a_resume_returns_a_batch_to_what_it_was_paused_from_elsewhere(elsewhere):
    elsewhere(status="PAUSED")
    assert Change.objects.paused_from("a") == BatchStatus.PENDING


@pytest.mark.django_db(transaction=True)
def test_a_pause_that_somebody_else_has_renewed_is_not_ours_to_resume(elsewhere, operator, look):
    carried_out(start(Kind.PAUSE, operator))
    look()
    assert paused_by_operations(7).count() == 1
    elsewhere(status="PENDING")
    assert not paused_by_operations(7).exists()
    elsewhere(status="PAUSED")
    assert not paused_by_operations(7).exists()


def test_several_acts_between_two_looks_are_one_change(elsewhere, batch):
    batch.store.change_batch("a", status="PAUSED")
    batch.store.change_batch("a", status="CANCELED")
    change = elsewhere(status="CANCELED", deleted_reason="wrong list")
    assert change.edit.fields() == {"status": "CANCELED", "deleted_reason": "wrong list"}
    assert change.status_before == BatchStatus.PENDING


def test_a_change_elsewhere_is_not_hidden_by_one_of_ours_that_found_it(elsewhere, batch, look, operator):
    batch.store.change_batch("a", status="PAUSED", last_updated_at=timezone.now().isoformat())
    assert batch_pause(batch_id="a", actor=operator).outcome == Outcome.UNCHANGED
    look()
    [change] = observed()
    assert change.edit.fields() == {"status": "PAUSED"}


def test_a_field_changed_elsewhere_is_seen_although_we_wrote_another_one_meanwhile(elsewhere, batch, look, operator):
    expires = {"expires_on": "2099-01-01T00:00:00Z"}
    batch.store.change_batch("a", last_updated_at=timezone.now().isoformat(), **expires)
    assert batch_pause(batch_id="a", actor=operator).outcome == Outcome.APPLIED
    look()
    [change] = observed()
    assert change.edit.fields() == expires


def test_its_pages_say_that_it_was_made_elsewhere_and_by_whom(elsewhere, client, operator):
    change = elsewhere(by="<b>Eve</b>\u202e", status="PAUSED")
    client.force_login(operator)
    for path in (f"/changes/{change.pk}/", "/changes/", "/batches/a/", "/campaigns/7/"):
        html = client.get(path).content.decode()
        assert "Somebody elsewhere" in html, path
        assert "Changed in Syllable by &lt;b&gt;Eve&lt;/b&gt;⟨U+202E⟩." in html, path
        assert "Made elsewhere" in html, path
    html = client.get(f"/batches/a/?change={change.pk}").content.decode()
    assert "Paused elsewhere. Seen at" in html
    assert 'data-outcome="observed"' in html
    html = client.get("/changes/?outcome=observed&origin=elsewhere").content.decode()
    assert f'data-change="{change.pk}"' in html
    review = client.post(f"/changes/{change.pk}/undo/", {"next": "/changes/"}).content.decode()
    assert "Somebody elsewhere" in review
