import pytest

BODY = {
    "campaign_name": "Reminders",
    "campaign_variables": {"clinic": "Harbor"},
    "caller_id": None,
    "active_days": ["mon", "fri"],
    "mode": "voice",
    "labels": ["test", "demo"],
    "hourly_rate": 25,
    "max_daily_calls": 2500,
    "voicemail_detection": {"mode": "v2", "voicemail_detection_overall_timeout": 30.0},
    "target_filters": {"match": "any", "on_unknown": "exclude", "rules": [{"field": "mnc", "op": "exists"}]},
}


@pytest.fixture
def contract():
    return "current"


def test_a_created_campaign_can_be_read_back(api):
    created = api.post("/campaigns", json=BODY).json()
    rules = [{"field": "mnc", "op": "exists", "values": []}]
    assert created == {
        **created,
        **BODY,
        "target_filters": {**BODY["target_filters"], "rules": rules},
        "retry_count": 0,
        "daily_start_time": None,
        "webhooks": [],
    }
    assert not {"timezone", "rate", "pause_seconds"} & created.keys()
    assert api.get(f"/campaigns/{created['id']}").json() == created


def test_a_put_replaces_a_campaign_whole(api):
    campaign = api.post("/campaigns", json=BODY).json()
    changed = {**BODY, "hourly_rate": 3600}
    del changed["labels"]
    answer = api.put(f"/campaigns/{campaign['id']}", json=changed).json()
    assert answer == {**campaign, "hourly_rate": 3600, "labels": None, "updated_at": answer["updated_at"]}


def test_the_secret_of_a_webhook_is_never_shown(api):
    hook = {"trigger_statuses": ["COMPLETED"], "url": "https://example.com/hook", "request_method": "POST"}
    answer = api.post("/campaigns", json={**BODY, "webhooks": [{**hook, "auth_values": {"hmac_secret": "c2VjcmV0"}}]})
    assert answer.json()["webhooks"] == [{**hook, "id": 1, "auth_value_keys": ["hmac_secret"]}]
    assert "c2VjcmV0" not in answer.text


def test_a_deleted_campaign_is_gone_and_its_batches_stay(api, sandbox):
    sandbox.store.add_batch("b")
    assert api.delete("/campaigns/1").status_code == 200
    assert api.get("/campaigns/1").status_code == 404
    assert api.delete("/campaigns/1").status_code == 404
    assert api.get("/batches/b").json()["campaign_id"] == 1


def test_campaigns_are_searched_by_what_only_this_contract_has(api, sandbox):
    sandbox.store.add_campaign(campaign_name="Calls", more={"mode": "voice"}, updated_at="2026-01-01T12:00:00-05:00")
    sandbox.store.add_campaign(campaign_name="Texts", more={"mode": "sms"}, updated_at="2026-01-01T13:00:00Z")

    def names(**params):
        return [campaign["campaign_name"] for campaign in api.get("/campaigns", params=params).json()["items"]]

    assert names(search_fields="mode", search_field_values="sms") == ["Texts"]
    assert names(order_by="updated_at") == ["Texts", "Calls"]
    assert names(order_by="mode", order_by_direction="desc") == ["Calls", "Texts"]


@pytest.mark.parametrize(
    ("rate", "more", "hourly"), [(6, {}, 360), (90, {}, 3600), (1, {"pause_seconds": 120}, 30), ("fast", {}, 1)]
)
def test_a_rate_by_the_minute_shows_by_the_hour(api, sandbox, rate, more, hourly):
    sandbox.store.add_campaign(rate=rate, more=more)
    assert api.get("/campaigns/1").json()["hourly_rate"] == hourly


@pytest.mark.parametrize(("field", "value"), [("hourly_rate", 3601), ("active_days", ["someday"]), ("caller_id", 7)])
def test_a_campaign_with_a_wrong_field_is_refused(api, field, value):
    answer = api.post("/campaigns", json={**BODY, field: value})
    assert answer.json()["detail"][0]["loc"][:2] == ["body", field]
