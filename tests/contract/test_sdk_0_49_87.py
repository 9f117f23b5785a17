"""The sandbox's contract current before its judge: the release of the real SDK that speaks it."""

from datetime import UTC, datetime, timedelta

import pytest

from syllable.contracts import CONTRACTS
from syllable.schemas import Batch, BatchEdit, BatchStatus, Timestamp

from .conftest import SdkError, numbers

pytestmark = pytest.mark.contract

SOON = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
BODY = {
    "campaign_name": "Reminders",
    "description": "Two days before",
    "mode": "voice",
    "labels": ["test", "demo"],
    "campaign_variables": {"clinic": "Harbor"},
    "daily_start_time": "09:00:00",
    "daily_end_time": "17:00:00",
    "caller_id": "+15550100",
    "source": "+15550100",
    "hourly_rate": 25,
    "max_daily_calls": 2500,
    "retry_count": 2,
    "retry_interval": "30m",
    "active_days": ["mon", "fri"],
    "allowed_line_types": ["mobile", "voip"],
}


@pytest.fixture
def contract():
    return "current"


def test_the_sdk_lists_batches(sdk, sandbox, batches):
    page = sdk("batches.list")
    assert numbers(page) == [5, 4, 3, 2, 1]
    assert (page["page"], page["page_size"], page["total_pages"], page["total_count"]) == (0, 25, 1, 5)
    shown = sandbox.batch("20260101.5")
    del shown["status_counts"], shown["detailed_status_counts"]
    assert page["items"][0] == shown


def test_the_sdk_turns_pages(sdk, batches):
    pages = [sdk("batches.list", page=page, limit=2, order_by="batch_id") for page in range(3)]
    assert [numbers(page) for page in pages] == [[1, 2], [3, 4], [5]]
    assert sdk("batches.list", limit=0)["total_count"] == 5


def test_the_sdk_searches(sdk, batches):
    def found(**fields):
        return numbers(sdk("batches.list", search_fields=list(fields), search_field_values=list(fields.values())))

    assert found(status="ACTIVE") == [5, 3, 1]
    assert found(campaign_id="1", status="PAUSED") == [2]
    assert found(batch_id="0101.3") == [3]
    assert found(batch_id="a, b") == []


def test_the_sdk_orders(sdk, sandbox, batches):
    for number in (2, 4, 1, 5, 3):
        sandbox.store.change_batch(f"20260101.{number}", last_updated_at=f"2026-02-0{6 - number}T00:00:00Z")
    assert numbers(sdk("batches.list", order_by="last_updated_at", order_by_direction="asc")) == [5, 4, 3, 2, 1]
    assert numbers(sdk("batches.list", order_by="last_updated_at", order_by_direction="desc")) == [1, 2, 3, 4, 5]
    assert numbers(sdk("batches.list", order_by="expires_on", order_by_direction="desc")) == [5, 4, 3, 2, 1]
    assert numbers(sdk("batches.list", order_by="status", fields=["batch_id"])) == [1, 3, 5, 4, 2]


def test_the_sdk_bounds_dates(sdk, batches):
    page = sdk("batches.list", start_datetime="2026-01-02T00:00:00Z", end_datetime="2026-01-03T12:00:00Z")
    assert numbers(page) == [3, 2]


def test_the_sdk_gets_a_batch(sdk, sandbox, batches):
    done = {"reference_id": "x", "status": "COMPLETED", "channel_manager_status": "COMPLETED"}
    sandbox.store.add_requests("20260101.2", [done])
    batch = sdk("batches.get_by_id", batch_id="20260101.2")
    assert batch == sandbox.batch("20260101.2")
    assert batch["paused"] is True
    assert batch["detailed_status_counts"]["COMPLETED"] == {"total_count": 1, "counts": {"COMPLETED": 1}}


def test_the_sdk_reads_which_requests_are_under_way_from_the_channels_own_status(sdk, sandbox):
    sandbox.clock.set(datetime(2026, 11, 23, 12, tzinfo=UTC), speed=0)
    sandbox.store.add_campaign(rate=60)
    sandbox.store.add_batch("b", status="ACTIVE", requests=60, more={"stays_connected": True})
    sandbox.let_pass(90)
    connected = sdk("batches.get_by_id", batch_id="b")["detailed_status_counts"]["CONNECTED"]
    under_way = connected["counts"]["IN-PROGRESS"]
    assert 0 < under_way < connected["total_count"]
    in_progress = [
        result
        for result in sdk("batches.results", batch_id="b", status="IN-PROGRESS")
        if result["request_status"] == "CONNECTED"
    ]
    assert len(in_progress) == under_way


def test_the_sdk_creates_a_batch(sdk, sandbox, batches):
    body = {"batch_id": "20260106.1", "campaign_id": 2, "expires_on": "2026-03-01T00:00:00Z", "auto_call_rate": True}
    created = sdk("batches.create", request=body)
    assert (created["status"], created["expires_on"], created["auto_call_rate"]) == (
        "PENDING",
        body["expires_on"],
        True,
    )
    assert sandbox.batch("20260106.1") == {**created, "status_counts": {}, "detailed_status_counts": {}}


@pytest.mark.parametrize(
    ("body", "then"),
    [
        ({"paused": True}, {"status": "PAUSED", "paused": True}),
        ({"expires_on": SOON}, {"expires_on": SOON}),
        ({"expires_on": None}, {"expires_on": None}),
        ({"call_rate": 25}, {"call_rate": 25}),
        ({"auto_call_rate": True, "paused": False}, {"auto_call_rate": True}),
    ],
)
def test_the_sdk_updates_a_batch(sdk, sandbox, batches, body, then):
    before = sandbox.batch("20260101.1")
    answer = sdk("batches.update", batch_id="20260101.1", communication_batch_update=body)
    written = {"last_updated_at": answer["last_updated_at"], "last_updated_by": "api-key@example.com"}
    assert sandbox.batch("20260101.1") == {**before, **then, **written}
    assert answer == {name: value for name, value in {**before, **then, **written}.items() if name in answer}


EDITS = [
    BatchEdit(status=BatchStatus.PAUSED),
    BatchEdit(status=BatchStatus.ACTIVE),
    BatchEdit(expires_on=None),
    BatchEdit(expires_on=Timestamp.read(SOON), call_rate=25, auto_call_rate=True),
]


@pytest.mark.parametrize("edit", EDITS)
def test_the_sdk_can_say_what_the_dashboard_writes(sdk, sandbox, batches, edit):
    """Its models take our bodies, and send no field that is not in them."""
    contract, batch = CONTRACTS["current"], Batch.read(sandbox.batch("20260101.1"))
    now = datetime.now(UTC)
    writes = [contract.write(batch, edit, by="me@example.com", now=now), contract.fallback(batch, edit)]
    for write in filter(None, writes):
        sdk("batches.update", batch_id=write.batch_id, communication_batch_update=write.json)
        assert sandbox.requests[-1].body == write.json


def test_the_sdk_hears_that_a_batch_is_not_taken_back_as_it_came(sdk, sandbox, batches):
    """And takes the pause alone, which the dashboard falls back to."""
    sandbox.store.change_batch("20260101.1", expires_on=None, more={"auto_call_rate": True})
    batch, pause = Batch.read(sandbox.batch("20260101.1")), BatchEdit(status=BatchStatus.PAUSED)
    write = CONTRACTS["current"].write(batch, pause, by="me@example.com", now=datetime.now(UTC))
    with pytest.raises(SdkError) as caught:
        sdk("batches.update", batch_id=write.batch_id, communication_batch_update=write.json)
    assert caught.value.status == 422
    fallback = CONTRACTS["current"].fallback(batch, pause)
    answer = sdk("batches.update", batch_id=fallback.batch_id, communication_batch_update=fallback.json)
    assert (answer["status"], answer["auto_call_rate"]) == ("PAUSED", True)


def test_the_sdk_resumes_a_batch_and_revives_one(sdk, sandbox, batches):
    answer = sdk("batches.update", batch_id="20260101.2", communication_batch_update={"paused": False})
    assert (answer["status"], answer["paused"]) == ("PENDING", False)
    sandbox.store.change_batch("20260101.5", status="EXPIRED", last_worked_on="2026-01-06T00:00:00Z")
    answer = sdk("batches.update", batch_id="20260101.5", communication_batch_update={"expires_on": SOON})
    assert answer["status"] == "ACTIVE"


def test_the_sdk_deletes_a_batch_with_its_reason(sdk, sandbox, batches):
    reason = {"delete_reason": "Sent twice & wrong: 100% ärgerlich"}
    assert sdk("batches.delete", batch_id="20260101.1", body_outbound_batch_delete=reason) is None
    batch = sdk("batches.get_by_id", batch_id="20260101.1")
    assert (batch["status"], batch["deleted_reason"]) == ("CANCELED", reason["delete_reason"])
    assert batch["deleted_at"]
    assert batch["status_counts"] == {"CANCELED": 1}


def test_the_sdk_reads_results(sdk, sandbox, batches):
    done = {
        "reference_id": "done", "status": "COMPLETED", "channel_manager_status": "COMPLETED", "attempt_count": 2,
        "sent_at": "2026-01-02T00:00:00Z", "session_id": 7, "conversation_id": 8, "insights_status": "COMPLETED",
        "insights": {"rating": "Good", "summary": "Fine"},
    }  # fmt: skip
    sandbox.store.add_requests("20260101.1", [done])
    results = sdk("batches.results", batch_id="20260101.1")
    assert [(result["reference_id"], result["request_status"]) for result in results] == [
        ("1", "PENDING"),
        ("done", "COMPLETED"),
    ]
    assert results[1]["line_type"] in {"mobile", "landline", "voip"}
    # This release of the SDK has a model without fields for the enrichment and drops what is in it.
    assert results[1]["enrichment"] == {}
    for filters in ({"insights_status": "COMPLETED"}, {"status": "COMPLETED", "reference_id": "done"}):
        assert sdk("batches.results", batch_id="20260101.1", **filters) == results[1:]


def test_the_sdk_adds_and_removes_requests(sdk, sandbox, batches):
    one = {"reference_id": "x", "target": "+15550100", "request_variables": {}}
    sdk("batches.add", batch_id="20260101.1", communication_request=one)
    assert sandbox.batch("20260101.1")["status_counts"] == {"PENDING": 2}
    sdk("batches.remove", batch_id="20260101.1", request_body=["x", "1"])
    assert sandbox.batch("20260101.1")["status_counts"] == {}


def test_the_sdk_creates_gets_updates_and_deletes_a_campaign(sdk):
    hook = {"trigger_statuses": ["COMPLETED"], "url": "https://example.com/hook", "request_method": "POST"}
    created = sdk("campaigns.create", request={**BODY, "webhooks": [hook]})
    assert created == {**created, **BODY}
    assert created["webhooks"][0] == {**created["webhooks"][0], **hook, "id": 1}
    assert sdk("campaigns.get_by_id", campaign_id=created["id"]) == created
    body = {**BODY, "campaign_name": "Reminders, late", "caller_id": None, "hourly_rate": 3600}
    updated = sdk("campaigns.update", campaign_id=created["id"], outbound_campaign_input=body)
    changed = {name: body[name] for name in ("campaign_name", "caller_id", "hourly_rate")}
    assert updated == {**created, **changed, "webhooks": [], "updated_at": updated["updated_at"]}
    assert sdk("campaigns.delete", campaign_id=created["id"]) is None
    assert sdk("campaigns.list")["items"] == []


def test_the_sdk_gives_a_campaign_rules_for_days_and_dates(sdk, sandbox):
    rules = {
        "days": {"monday": {"daily_start_time": "10:00:00"}, "sat": {"active": False}},
        "dates": {"2026-12-24": {"daily_end_time": "12:00:00", "max_daily_calls": 0}},
    }
    created = sdk("campaigns.create", request={**BODY, "outreach_override_rules": rules})
    stored = {**rules, "days": {"mon": rules["days"]["monday"], "sat": rules["days"]["sat"]}}
    assert created["outreach_override_rules"] == stored
    sandbox.store.change_campaign(created["id"], more={"agent_id": 7, "outreach_override_rules": stored})
    campaign = sdk("campaigns.get_by_id", campaign_id=created["id"])
    assert (campaign["agent_id"], campaign["outreach_override_rules"]) == (7, stored)
    assert "timezone" not in campaign


def test_the_sdk_lists_campaigns(sdk, sandbox, batches):
    page = sdk("campaigns.list", order_by="campaign_name", order_by_direction="desc")
    assert [campaign["campaign_name"] for campaign in page["items"]] == ["Reminders", "Feedback"]
    page = sdk("campaigns.list", search_fields=["campaign_name"], search_field_values=["feed"], limit=1)
    assert page["total_count"] == 1
    assert sdk("campaigns.list", search_fields=["mode"], search_field_values=["sms"])["items"] == []


def test_the_sdk_reads_which_agent_is_behind_an_address_and_its_zone(sdk, sandbox):
    agent_id = sandbox.store.add_agent(name="Reminder", timezone="America/New_York")
    target_id = sandbox.store.add_target("+15550110", agent_id=agent_id)
    sandbox.store.add_target("feedback@example.com", agent_id=agent_id, is_test=True)
    page = sdk("channels.targets.list", order_by="id", limit=1)
    assert (page["page"], page["page_size"], page["total_pages"], page["total_count"]) == (0, 1, 2, 2)
    [target] = page["items"]
    assert (target["id"], target["target"], target["agent_id"], target["target_mode"]) == (
        target_id, "+15550110", agent_id, "voice",
    )  # fmt: skip
    found = sdk("channels.targets.list", search_fields=["target_mode"], search_field_values=["email"])["items"]
    assert [(target["target"], target["is_test"]) for target in found] == [("feedback@example.com", True)]
    agent = sdk("agents.get_by_id", agent_id=agent_id)
    assert (agent["id"], agent["name"], agent["timezone"]) == (agent_id, "Reminder", "America/New_York")


@pytest.mark.parametrize("batch_id", ["20260101.9", "a b", "日本", "<script>", "a'b\"c", "[x]", "ünï+1"])
def test_ids_that_the_sdk_encodes_reach_the_right_batch(sdk, sandbox, batches, batch_id):
    sandbox.store.add_batch(batch_id, status="ACTIVE", campaign_id=1)
    assert sdk("batches.get_by_id", batch_id=batch_id)["batch_id"] == batch_id
    sdk("batches.update", batch_id=batch_id, communication_batch_update={"paused": True})
    assert sandbox.batch(batch_id)["status"] == "PAUSED"


def test_the_sdk_reads_everything_the_sandbox_ships_with(sdk, seeded):
    pages = [sdk("batches.list", page=page, limit=100) for page in range(2)]
    listed = pages[0]["items"] + pages[1]["items"]
    assert len(listed) == pages[0]["total_count"] > 100
    assert {batch["status"] for batch in listed} == {"PENDING", "ACTIVE", "PAUSED", "FAILED", "CANCELED", "EXPIRED"}
    assert all(bool(batch["error_message"]) == (batch["status"] == "FAILED") for batch in listed)
    campaigns = sdk("campaigns.list")["items"]
    assert len(campaigns) == 6
    assert [campaign["agent_id"] for campaign in campaigns if campaign["agent_id"]] == [1]
    assert sum(campaign["outreach_override_rules"] is not None for campaign in campaigns) == 1
    targets = sdk("channels.targets.list")["items"]
    zones = {sdk("agents.get_by_id", agent_id=target["agent_id"])["timezone"] for target in targets}
    assert len(zones) == len(targets) == 5
    for batch in listed[:5]:
        counts = sdk("batches.get_by_id", batch_id=batch["batch_id"])["status_counts"]
        assert len(sdk("batches.results", batch_id=batch["batch_id"])) == sum(counts.values())


CALLS = [
    ("batches.list", {}),
    ("batches.get_by_id", {"batch_id": "nope"}),
    ("batches.delete", {"batch_id": "nope", "body_outbound_batch_delete": {"delete_reason": "x"}}),
    ("batches.results", {"batch_id": "nope"}),
    ("batches.create", {"request": {"batch_id": "b", "campaign_id": 1}}),
    ("batches.update", {"batch_id": "nope", "communication_batch_update": {"paused": True}}),
    ("campaigns.list", {}),
    ("campaigns.get_by_id", {"campaign_id": 99}),
    ("campaigns.create", {"request": BODY}),
    ("campaigns.update", {"campaign_id": 99, "outbound_campaign_input": BODY}),
    ("campaigns.delete", {"campaign_id": 99}),
    ("channels.targets.list", {}),
    ("agents.get_by_id", {"agent_id": 99}),
]


@pytest.mark.parametrize(("name", "arguments"), CALLS)
def test_a_wrong_key_surfaces_as_an_api_error(sdk, name, arguments):
    with pytest.raises(SdkError) as caught:
        sdk(name, key="wrong", **arguments)
    assert (caught.value.name, caught.value.status) == ("APIError", 401)
    assert "detail" in caught.value.body


@pytest.mark.parametrize(("name", "arguments"), [call for call in CALLS if "nope" in str(call) or "99" in str(call)])
def test_an_unknown_id_surfaces_as_an_api_error(sdk, name, arguments):
    with pytest.raises(SdkError) as caught:
        sdk(name, **arguments)
    assert (caught.value.name, caught.value.status) == ("APIError", 404)
    assert "not found" in caught.value.body


@pytest.mark.parametrize(
    ("name", "arguments", "field"),
    [
        ("batches.list", {"page": -1}, "page"),
        ("batches.list", {"start_datetime": "yesterday"}, "start_datetime"),
        ("batches.create", {"request": {"batch_id": "b", "campaign_id": 99}}, "campaign_id"),
        ("batches.update", {"batch_id": "20260101.1", "communication_batch_update": {"call_rate": 3601}}, "call_rate"),
        (
            "batches.update",
            {"batch_id": "20260101.1", "communication_batch_update": {"auto_call_rate": True, "expires_on": None}},
            "auto_call_rate",
        ),
        ("campaigns.create", {"request": {**BODY, "hourly_rate": 0}}, "hourly_rate"),
    ],
)
def test_wrong_input_surfaces_as_a_validation_error_that_names_the_field(sdk, batches, name, arguments, field):
    with pytest.raises(SdkError) as caught:
        sdk(name, **arguments)
    assert (caught.value.name, caught.value.status) == ("HTTPValidationError", 422)
    assert f'"{field}"' in caught.value.body
