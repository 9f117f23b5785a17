"""What somebody does with the real SDK is seen by the next look as made elsewhere, once, in both contracts."""

import pytest

from batches.models import Change, Outcome
from batches.services.watch.watcher import Watcher

pytestmark = [pytest.mark.contract, pytest.mark.django_db, pytest.mark.parametrize("contract", ["2025-04", "current"])]

BATCH = "20260101.1"
LATER = "2099-01-01T00:00:00Z"
AUTHORS = {"2025-04": "eve@example.com", "current": "api-key@example.com"}


@pytest.fixture
def look(sandbox, contract, settings, batches):
    """Take a look at the sandbox that the SDK talks to; it has been looked at once."""
    settings.SYLLABLE_API_CONTRACT = contract
    settings.SYLLABLE_API_URL = sandbox.url
    settings.SYLLABLE_API_KEY = sandbox.api_key
    watcher = Watcher(interval=60.0)
    watcher.look()
    return watcher.look


@pytest.fixture
def update(sdk, sandbox, contract):
    """Change a batch by the SDK as its contract has it."""

    def update(**fields):
        if contract == "current":
            if "status" in fields:
                fields["paused"] = fields.pop("status") == "PAUSED"
            return sdk("batches.update", batch_id=BATCH, communication_batch_update=fields)
        whole = {name: value for name, value in sandbox.batch(BATCH).items() if name != "status_counts"}
        body = whole | fields | {"last_updated_by": AUTHORS[contract]}
        return sdk("batches.update", batch_id=BATCH, communication_batch=body)

    return update


def observed():
    return [
        (change.batch_id, change.edit.fields(), str(change.status_before), str(change.batch_seen.status))
        for change in Change.objects.filter(outcome=Outcome.OBSERVED).order_by("pk")
    ]


def authors():
    return set(Change.objects.filter(outcome=Outcome.OBSERVED).values_list("last_updated_by", flat=True))


def test_a_pause_and_a_resume(look, update, contract):
    update(status="PAUSED")
    look()
    look()
    update(status="PENDING")
    look()
    look()
    assert observed() == [
        (BATCH, {"status": "PAUSED"}, "ACTIVE", "PAUSED"),
        (BATCH, {"status": "PENDING"}, "PAUSED", "PENDING"),
    ]
    assert authors() == {AUTHORS[contract]}


def test_an_expiry(look, update, contract):
    update(expires_on=LATER)
    look()
    look()
    [(batch_id, edit, before, after)] = observed()
    assert (batch_id, before, after) == (BATCH, "ACTIVE", "ACTIVE")
    assert edit["expires_on"].startswith("2099-01-01T00:00:00")
    assert authors() == {AUTHORS[contract]}


def test_a_cancellation(look, sdk):
    sdk("batches.delete", batch_id=BATCH, body_outbound_batch_delete={"delete_reason": "Sent twice"})
    look()
    look()
    assert observed() == [(BATCH, {"status": "CANCELED", "deleted_reason": "Sent twice"}, "ACTIVE", "CANCELED")]
