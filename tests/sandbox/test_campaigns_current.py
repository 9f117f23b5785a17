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


RULES = {
    "days": {"sat": {"daily_start_time": "10:00:00", "daily_end_time": "14:00:00"}, "sun": {"active": False}},
    "dates": {"2026-12-24": {"daily_end_time": "12:00", "max_daily_calls": 100}, "2026-12-25": {"max_daily_calls": 0}},
}


def test_rules_for_days_and_dates_are_kept_as_they_were_given(api):
    campaign = api.post("/campaigns", json={**BODY, "outreach_override_rules": RULES}).json()
    assert campaign["outreach_override_rules"] == RULES
    body = {**BODY, "outreach_override_rules": {"dates": {"2026-12-24": {"active": None}}}}
    answer = api.put(f"/campaigns/{campaign['id']}", json=body).json()
    assert answer["outreach_override_rules"] == body["outreach_override_rules"]
    assert api.put(f"/campaigns/{campaign['id']}", json=BODY).json()["outreach_override_rules"] is None


def test_a_weekday_may_have_its_long_name_and_is_stored_with_its_short_one(api):
    rules = {"days": {"monday": {"active": False}, "Tuesday": {"max_daily_calls": 5}, "wed": {}}}
    stored = api.post("/campaigns", json={**BODY, "outreach_override_rules": rules}).json()["outreach_override_rules"]
    assert stored == {"days": {"mon": {"active": False}, "tue": {"max_daily_calls": 5}, "wed": {}}}


@pytest.mark.parametrize(
    "rules",
    [
        {"days": {"someday": {}}},
        {"dates": {"24.12.2026": {}}},
        {"days": {"mon": {"max_daily_calls": -1}}},
        {"days": {"mon": {"daily_end_time": "noon"}}},
        {"days": {"mon": {"daily_end_time": 3600}}},
        {"days": {"mon": "closed"}},
        [],
    ],
)
def test_rules_that_make_no_sense_are_refused(api, rules):
    answer = api.post("/campaigns", json={**BODY, "outreach_override_rules": rules})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:2] == ["body", "outreach_override_rules"]


def test_the_agent_of_a_campaign_is_shown_and_stays_through_a_put(api, sandbox):
    campaign_id = sandbox.store.add_campaign(more={"agent_id": 7})
    assert api.get(f"/campaigns/{campaign_id}").json()["agent_id"] == 7
    assert api.put(f"/campaigns/{campaign_id}", json={**BODY, "agent_id": 8}).json()["agent_id"] == 7


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
