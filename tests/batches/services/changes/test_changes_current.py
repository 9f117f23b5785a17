"""The road for a write where the API speaks contract `current`."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches.models import Outcome
from batches.rules import snapshot
from batches.services.changes.reconcile import change_settle
from batches.services.changes.undo import change_undo
from batches.services.changes.update import batch_edit, batch_pause, batch_resume
from sandbox import faults
from syllable.schemas import Batch, BatchEdit, BatchStatus

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("contract", ["current"])]

ID = "20261123.9"
CANCEL = BatchEdit(status=BatchStatus.CANCELED, deleted_reason="Wrong list")


@pytest.fixture
def batch(sandbox):
    expiry = (timezone.now() + timedelta(days=3)).isoformat()
    sandbox.store.add_batch(ID, status="ACTIVE", last_worked_on="2026-01-01T00:00:00Z", expires_on=expiry)
    return sandbox


def edit(sandbox, operator, edit):
    return batch_edit(batch_id=ID, edit=edit, actor=operator, loaded=snapshot(Batch.read(sandbox.batch(ID))))


def test_a_pause_and_a_resume_are_applied(batch, operator):
    assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
    assert batch.batch(ID)["paused"] is True
    assert batch_resume(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
    assert batch.batch(ID)["paused"] is False


def test_a_pending_batch_that_was_paused_waits_again(batch, operator):
    batch.store.change_batch(ID, status="PENDING", last_worked_on=None)
    batch_pause(batch_id=ID, actor=operator)
    assert batch_resume(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
    assert batch.batch(ID)["status"] == "PENDING"


def test_a_cancel_costs_a_get_a_delete_and_a_get(batch, operator):
    result = edit(batch, operator, CANCEL)
    assert result.outcome == Outcome.APPLIED
    assert [request.method for request in batch.requests] == ["GET", "DELETE", "GET"]
    assert (batch.batch(ID)["status"], batch.batch(ID)["deleted_reason"]) == ("CANCELED", "Wrong list")


def test_the_rates_are_applied_and_undone(batch, operator):
    batch.store.change_batch(ID, more={"call_rate": 25, "auto_call_rate": False})
    result = edit(batch, operator, BatchEdit(call_rate=60, auto_call_rate=True))
    assert result.outcome == Outcome.APPLIED
    assert (batch.batch(ID)["call_rate"], batch.batch(ID)["auto_call_rate"]) == (60, True)
    assert change_undo(change=result.change, actor=operator).outcome == Outcome.APPLIED
    assert (batch.batch(ID)["call_rate"], batch.batch(ID)["auto_call_rate"]) == (25, False)


def test_a_rate_that_was_never_set_cannot_be_taken_back(batch, operator):
    change = edit(batch, operator, BatchEdit(call_rate=60)).change
    undo = change_undo(change=change, actor=operator)
    assert undo.outcome == Outcome.NOT_SENT
    assert "cannot remove a call rate" in undo.change.detail


def test_a_pending_batch_cannot_be_started_and_is_not_said_to_be(batch, operator):
    batch.store.change_batch(ID, status="PENDING")
    result = edit(batch, operator, BatchEdit(status=BatchStatus.ACTIVE))
    assert (result.outcome, result.is_as_wanted) == (Outcome.NOT_SENT, False)
    assert "only Syllable can start a pending batch" in result.change.detail
    assert not batch.requests.of("PUT")


def test_an_expired_batch_comes_back_with_a_new_expiry(batch, operator):
    batch.store.change_batch(ID, status="EXPIRED", expires_on="2026-01-01T00:00:00Z")
    expiry = BatchEdit.from_fields({"expires_on": (timezone.now() + timedelta(days=1)).isoformat(), "status": "PAUSED"})
    assert edit(batch, operator, expiry).outcome == Outcome.APPLIED
    assert batch.batch(ID)["status"] == "PAUSED"


def test_a_cancel_that_was_not_confirmed_is_settled_by_reading(batch, operator):
    batch.faults.add(faults.ignore(), method="DELETE", times=None)
    change = edit(batch, operator, CANCEL).change
    assert change.outcome == Outcome.UNCONFIRMED
    batch.store.change_batch(ID, status="CANCELED", deleted_reason="Wrong list")
    assert change_settle(change).outcome == Outcome.APPLIED


class TestTheWrongContract:
    @pytest.mark.parametrize("configured", ["2025-04"])
    def test_evidence_of_the_other_contract_stops_every_write(self, batch, operator, settings, configured):
        settings.SYLLABLE_API_CONTRACT = configured
        result = batch_pause(batch_id=ID, actor=operator)
        assert result.outcome == Outcome.NOT_SENT
        assert "The API speaks current. SYLLABLE_API_CONTRACT is 2025-04." in result.change.detail
        assert not batch.requests.of("PUT")

    def test_the_page_can_be_looked_at_and_says_why_nothing_can_be_edited(self, batch, operator, settings, client):
        settings.SYLLABLE_API_CONTRACT = "2025-04"
        client.force_login(operator)
        response = client.get(f"/batches/{ID}/")
        assert response.context["form"] is None
        assert "speaks a different API contract" in response.content.decode()
