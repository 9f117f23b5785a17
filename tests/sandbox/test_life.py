from datetime import UTC, datetime, timedelta

import pytest

from sandbox.life import advance
from sandbox.pace import within_hours
from sandbox.server import Sandbox
from sandbox.store import Store

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def store():
    store = Store(":memory:")
    yield store
    store.close()


def pass_time(store, *, minutes, step=1.0, start=NOON):
    """Tick through some minutes; returns the moment after."""
    now = start
    while now < start + timedelta(minutes=minutes):
        now += timedelta(seconds=step)
        advance(store, now, step)
    return now


def started(store, batch_id="b"):
    counts = store.status_counts(batch_id)
    return sum(counts.values()) - counts.get("PENDING", 0)


@pytest.mark.parametrize(("rate", "step"), [(6, 1.0), (6, 7.0), (90, 10.0), (1, 5.0), (30, 60.0)])
def test_an_active_batch_starts_requests_at_its_campaigns_rate(store, rate, step):
    store.add_campaign(rate=rate)
    store.add_batch("b", status="ACTIVE", requests=500)
    pass_time(store, minutes=5, step=step)
    assert abs(started(store) - 5 * rate) <= max(1, step * rate / 60)


def test_a_campaign_may_be_slower_than_one_call_a_minute(store):
    store.add_campaign(rate=1, more={"pause_seconds": 120})
    store.add_batch("b", status="ACTIVE", requests=50)
    pass_time(store, minutes=10, step=5)
    assert 4 <= started(store) <= 6


@pytest.mark.parametrize(
    ("more", "in_two_hours"),
    [
        ({}, 120),
        ({"call_rate": 30}, 60),
        ({"call_rate": 30, "auto_call_rate": True}, 200),
        ({"auto_call_rate": False, "auto_call_rate_baseline": 5.0}, 120),
    ],
)
def test_a_batch_may_have_a_pace_of_its_own(store, more, in_two_hours):
    store.add_campaign(rate=1)
    store.add_batch("b", status="ACTIVE", requests=400, expires_on="2026-11-23T16:00:00Z", more=more)
    pass_time(store, minutes=120, step=60)
    assert abs(started(store) - in_two_hours) <= 2


def test_an_automatic_pace_counts_the_campaigns_hours_alone(store):
    store.add_campaign(daily_start_time="09:00:00", daily_end_time="17:00:00", more={"active_days": ["mon", "wed"]})
    more = {"auto_call_rate": True}
    store.add_batch("b", status="ACTIVE", requests=130, expires_on="2026-11-25T23:00:00Z", more=more)
    store.add_batch("never", status="ACTIVE", requests=130, more=more)
    advance(store, NOON, 1)
    # Five hours are left of Monday, and Wednesday has eight; Tuesday has none.
    assert abs(store.batch("b")["more"]["auto_call_rate_baseline"] - 10) < 0.5
    assert store.batch("never")["more"]["auto_call_rate_baseline"] is None


def test_work_shows_in_the_counts_and_in_last_worked_on(store):
    store.add_campaign(rate=30)
    store.add_batch("b", status="ACTIVE", requests=300)
    after = pass_time(store, minutes=5, step=5)
    counts = store.status_counts("b")
    assert set(counts) == {"PENDING", "INITIATED", "CONNECTED", "COMPLETED", "FAILED"}
    assert sum(counts.values()) == store.batch("b")["count"] == 300
    assert store.batch("b")["last_worked_on"] == after.isoformat().replace("+00:00", "Z")
    done = [request for request in store.requests("b") if request["status"] == "COMPLETED"]
    assert all(request["insights"]["summary"] and request["attempt_count"] for request in done)


@pytest.mark.parametrize("status", ["PENDING", "PAUSED", "CANCELED", "EXPIRED", "FAILED", "THROTTLED"])
def test_no_other_batch_moves(store, status):
    store.add_campaign(rate=60)
    store.add_batch("b", status=status, requests=20)
    store.add_requests("b", [{"reference_id": "x", "status": "INITIATED", "sent_at": "2026-11-23T11:59:00Z"}])
    before = store.batch("b"), store.requests("b")
    pass_time(store, minutes=2, step=10)
    assert (store.batch("b"), store.requests("b")) == before


@pytest.mark.parametrize(
    ("status", "then"),
    [
        ("PENDING", "EXPIRED"),
        ("ACTIVE", "EXPIRED"),
        ("IDLE", "EXPIRED"),
        ("PAUSED", "EXPIRED"),
        ("CANCELED", "CANCELED"),
    ],
)
def test_an_expiry_that_passes_expires(store, status, then):
    store.add_batch("b", status=status, requests=2, expires_on="2026-11-23T12:00:00Z")
    advance(store, NOON - timedelta(seconds=1), 1)
    assert store.batch("b")["status"] != "EXPIRED"
    advance(store, NOON, 1)
    assert store.batch("b")["status"] == then
    assert store.batch("b")["expires_on"] == "2026-11-23T12:00:00Z"


@pytest.mark.parametrize("expires_on", [None, "soon", 5])
def test_an_expiry_that_cannot_be_read_never_passes(store, expires_on):
    store.add_batch("b", status="PAUSED", expires_on=expires_on)
    advance(store, NOON + timedelta(days=999), 1)
    assert store.batch("b")["status"] == "PAUSED"


def test_a_batch_with_nothing_left_is_idle(store):
    store.add_campaign(rate=60)
    store.add_batch("b", status="ACTIVE", requests=5)
    pass_time(store, minutes=3)
    assert store.batch("b")["status"] == "IDLE"
    assert set(store.status_counts("b")) <= {"COMPLETED", "FAILED"}


def test_a_batch_rests_out_of_hours_and_comes_back(store):
    store.add_campaign(rate=60, daily_start_time="09:00:00", daily_end_time="17:00:00", timezone="America/New_York")
    store.add_batch("b", status="ACTIVE", requests=500)
    statuses = []
    for hour in (13, 14, 21, 22, 23):
        advance(store, NOON.replace(hour=hour, minute=30), 1)
        statuses.append(store.batch("b")["status"])
    assert statuses == ["IDLE", "ACTIVE", "ACTIVE", "IDLE", "IDLE"]


@pytest.mark.parametrize(
    ("start", "end", "days", "calls"),
    [
        ("00:00:00", "23:59:59", ["mon"], True),
        ("00:00:00", "23:59:59", ["sun", "tue"], False),
        ("20:00:00", "13:00:00", ["sun"], True),
        ("20:00:00", "13:00:00", ["mon"], False),
        ("00:00:00", "23:59:59", None, True),
    ],
)
def test_a_campaign_calls_on_its_days_and_a_night_belongs_to_the_day_before(start, end, days, calls):
    more = {"active_days": days}
    campaign = {"daily_start_time": start, "daily_end_time": end, "timezone": "UTC", "more": more}
    assert within_hours(campaign, NOON) is calls


@pytest.mark.parametrize(
    ("start", "end", "zone", "calls"),
    [
        ("12:00:00", "12:00:00", "UTC", True),
        ("12:00:01", "17:00:00", "UTC", False),
        ("20:00:00", "06:00:00", "UTC", False),
        ("20:00:00", "06:00:00", "Asia/Tokyo", True),
        ("00:00:00", "23:59:59", "Asia/Tokyo", True),
        ("nine", None, "UTC", True),
        ("13:00:00+00:00", "14:00:00+00:00", "UTC", True),
        ("09:00:00", "10:00:00", "Mars/Olympus", True),
    ],
)
def test_calling_hours_are_local_and_may_cross_midnight(start, end, zone, calls):
    campaign = {"daily_start_time": start, "daily_end_time": end, "timezone": zone, "more": {}}
    assert within_hours(campaign, NOON) is calls


def test_time_passes_while_it_runs(monkeypatch):
    monkeypatch.setattr("sandbox.life.TICK_SECONDS", 0.01)
    with Sandbox(ticking=True) as sandbox:
        sandbox.store.add_batch("b", status="PAUSED", expires_on="2020-01-01T00:00:00Z")
        deadline = datetime.now(UTC) + timedelta(seconds=5)
        while sandbox.batch("b")["status"] != "EXPIRED":
            assert datetime.now(UTC) < deadline
