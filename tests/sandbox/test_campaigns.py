import pytest

BODY = {
    "campaign_name": "Reminders",
    "campaign_variables": {"clinic": "Harbor"},
    "daily_start_time": "09:00:00",
    "daily_end_time": "17:00:00",
    "timezone": "America/New_York",
    "caller_id": None,
    "rate": 5,
    "label": "test",
}


def test_a_created_campaign_can_be_read_back(api):
    created = api.post("/campaigns", json=BODY).json()
    assert created == {**created, **BODY, "retry_count": 0, "description": None}
    assert api.get(f"/campaigns/{created['id']}").json() == created


def test_a_put_replaces_a_campaign_whole(api, sandbox):
    campaign = api.post("/campaigns", json=BODY).json()
    changed = {**BODY, "rate": 9}
    del changed["label"]
    answer = api.put(f"/campaigns/{campaign['id']}", json=changed).json()
    assert answer["rate"] == 9
    assert answer["label"] is None
    assert answer["created_at"] == campaign["created_at"]


def test_campaigns_are_listed_searched_and_ordered(api, sandbox):
    for name in ("Reminders", "Feedback", "Reminders, late"):
        sandbox.store.add_campaign(campaign_name=name, source="+15550100" if name == "Feedback" else "a@example.com")

    def names(**params):
        return [campaign["campaign_name"] for campaign in api.get("/campaigns", params=params).json()["items"]]

    assert names(order_by="campaign_name") == ["Feedback", "Reminders", "Reminders, late"]
    assert names(search_fields="campaign_name", search_field_values="REMIND", order_by="id") == [
        "Reminders",
        "Reminders, late",
    ]
    assert names(search_fields="source", search_field_values="+15550100") == ["Feedback"]
    assert names(order_by="id", order_by_direction="desc", limit=1, page=1) == ["Feedback"]


@pytest.mark.parametrize("campaign_id", ["99", "seven", "-1", "9" * 30])
def test_an_unknown_campaign_is_not_found(api, campaign_id):
    assert api.get(f"/campaigns/{campaign_id}").status_code == 404


def test_a_campaign_without_its_name_is_refused(api):
    answer = api.post("/campaigns", json={**BODY, "campaign_name": None})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "campaign_name"]
