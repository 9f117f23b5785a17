"""One store, two contracts: what each makes of what the other wrote."""

import pytest

from sandbox import faults
from sandbox.contracts import CONTRACTS


def speak(sandbox, name):
    sandbox.contract = CONTRACTS[name]


def test_each_contract_can_be_told_by_its_answers(api, sandbox):
    sandbox.store.add_batch("b")
    for path in ("/batches/b", "/batches"):
        speak(sandbox, "2025-04")
        answer = api.get(path).json()
        old = answer.get("items", [answer])[0]
        speak(sandbox, "current")
        answer = api.get(path).json()
        new = answer.get("items", [answer])[0]
        assert {"last_worked_on", "count"} <= old.keys() - new.keys()
        assert {"paused"} <= new.keys() - old.keys()


def test_a_failed_upload_is_a_canceled_batch_to_2025_04(api, sandbox):
    at = "2026-01-01T00:00:00Z"
    sandbox.store.add_batch("b", status="FAILED", last_updated_at=at, more={"error_message": "Invalid file format"})
    params = {"search_fields": "status", "search_field_values": "CANCELED"}
    [batch] = api.get("/batches", params=params).json()["items"]
    assert (batch["status"], batch["deleted_at"], batch["deleted_reason"]) == ("CANCELED", at, "Invalid file format")


def test_a_pause_in_one_is_a_pause_in_the_other(api, sandbox):
    sandbox.store.add_batch("b", status="ACTIVE")
    speak(sandbox, "current")
    api.put("/batches/b", json={"paused": True})
    speak(sandbox, "2025-04")
    batch = api.get("/batches/b").json()
    assert batch.pop("status") == "PAUSED"
    api.put("/batches/b", json={**batch, "status": "ACTIVE"})
    speak(sandbox, "current")
    assert api.get("/batches/b").json()["paused"] is False


@pytest.mark.parametrize(("hourly", "by_the_minute"), [(25, 1), (60, 1), (61, 2), (360, 6)])
def test_a_rate_by_the_hour_shows_by_the_minute(api, sandbox, hourly, by_the_minute):
    speak(sandbox, "current")
    body = {"campaign_name": "C", "campaign_variables": {}, "caller_id": None, "active_days": ["mon"]}
    assert api.post("/campaigns", json={**body, "hourly_rate": hourly}).json()["hourly_rate"] == hourly
    assert api.get("/campaigns/1").json()["hourly_rate"] == hourly
    speak(sandbox, "2025-04")
    assert api.get("/campaigns/1").json()["rate"] == by_the_minute


def test_a_campaign_can_only_be_deleted_in_current(api, sandbox):
    sandbox.store.add_campaign()
    assert api.delete("/campaigns/1").status_code == 405
    speak(sandbox, "current")
    assert api.delete("/campaigns/1").status_code == 200


def test_a_delete_can_be_acknowledged_and_ignored(api, sandbox):
    speak(sandbox, "current")
    sandbox.store.add_batch("b", status="ACTIVE")
    for fault in (faults.ignore(), faults.echo(), faults.answer(200)):
        sandbox.faults.add(fault, method="DELETE")
        assert api.delete("/batches/b", data={"delete_reason": "Sent twice"}).status_code == 200
        assert sandbox.batch("b")["status"] == "ACTIVE"
