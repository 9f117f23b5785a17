import re
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import seed
from sandbox.hours import agent_zone
from sandbox.seed_campaigns import CAMPAIGNS
from sandbox.store import Store

NOW = datetime(2026, 11, 23, 15, 42, tzinfo=UTC)


@pytest.fixture(scope="module")
def store():
    store = Store(":memory:")
    seed.fill(store, NOW)
    yield store
    store.close()


def test_there_are_six_campaigns_and_some_150_batches_in_every_status(store):
    assert len(store.rows("SELECT 1 FROM campaigns")) == 6
    batches = store.rows("SELECT * FROM batches")
    assert 140 <= len(batches) <= 160
    assert {batch["status"] for batch in batches} == {
        "PENDING", "ACTIVE", "PAUSED", "IDLE", "CANCELED", "EXPIRED", "FAILED",
    }  # fmt: skip
    assert all(re.fullmatch(r"2026\d{4}\.\d+", batch["batch_id"]) for batch in batches)
    assert all(batch["deleted_reason"] for batch in batches if batch["status"] == "CANCELED")


def test_counts_agree_with_the_requests(store):
    counted = {row["batch_id"]: row["n"] for row in store.rows("SELECT batch_id, count(*) n FROM requests GROUP BY 1")}
    batches = store.rows("SELECT batch_id, count FROM batches")
    assert all(batch["count"] == counted.get(batch["batch_id"], 0) for batch in batches)
    assert min(counted.values()) < 10
    assert 1500 <= max(counted.values()) <= 2000


def test_what_only_one_contract_knows_is_there_too(store):
    batches = store.rows("SELECT * FROM batches")
    assert all(bool(batch["more"]["error_message"]) == (batch["status"] == "FAILED") for batch in batches)
    for field in ("upload_filename", "dispatch_id", "call_rate", "auto_call_rate"):
        assert {bool(batch["more"][field]) for batch in batches} == {True, False}
    assert all(batch["expires_on"] for batch in batches if batch["more"]["auto_call_rate"])
    assert not any(batch["status"] == "FAILED" and batch["count"] for batch in batches)


def test_the_agent_of_a_campaign_is_assigned_or_behind_its_source_or_not_known(store):
    known = {}
    for campaign in store.rows("SELECT * FROM campaigns"):
        behind = store.rows("SELECT agent_id FROM targets WHERE target = ?", campaign["source"])
        how = "assigned" if campaign["more"].get("agent_id") else "behind" if behind else "not known"
        known.setdefault(how, []).append(campaign)
        if how != "not known":
            agent = store.agent(campaign["more"].get("agent_id") or behind[0]["agent_id"])
            assert agent["timezone"] == campaign["timezone"] == agent_zone(store, campaign)
    assert {how: len(campaigns) for how, campaigns in known.items()} == {"assigned": 1, "behind": 4, "not known": 1}


def test_a_campaign_has_rules_for_a_day_and_for_dates_to_come(store):
    rules = [campaign["more"].get("outreach_override_rules") for campaign in store.rows("SELECT * FROM campaigns")]
    [with_rules] = filter(None, rules)
    assert with_rules["days"].keys() == {"sat"}
    assert {date > f"{NOW:%Y-%m-%d}" for date in with_rules["dates"]} == {True}
    assert not CAMPAIGNS[1]["more"]["outreach_override_rules"]["dates"]


def test_some_expire_within_the_hour_some_tomorrow_some_never(store):
    live = store.rows("SELECT * FROM batches WHERE status NOT IN ('EXPIRED', 'CANCELED', 'FAILED')")
    expiries = [batch["expires_on"] and datetime.fromisoformat(batch["expires_on"]) for batch in live]
    assert None in expiries
    assert any(expiry and expiry < NOW + timedelta(hours=1) for expiry in expiries)
    assert any(expiry and expiry.date() == (NOW + timedelta(days=1)).date() for expiry in expiries)
    assert all(expiry is None or expiry > NOW for expiry in expiries)


def test_nothing_has_happened_in_the_future(store):
    columns = ("created_at", "deleted_at", "last_worked_on", "last_updated_at")
    for batch in store.rows("SELECT * FROM batches"):
        assert all(batch[column] is None or datetime.fromisoformat(batch[column]) <= NOW for column in columns)
        assert batch["last_worked_on"] is None or batch["last_worked_on"] >= batch["created_at"]


def test_people_in_it_are_fictional(store):
    for row in store.rows("SELECT DISTINCT target FROM requests"):
        assert re.fullmatch(r"\+155501\d\d|[a-z0-9.]+@example\.com", row["target"])


def test_the_same_moment_gives_the_same_data(store):
    again = Store(":memory:")
    seed.fill(again, NOW)
    assert again.rows("SELECT * FROM batches") == store.rows("SELECT * FROM batches")
    again.close()
