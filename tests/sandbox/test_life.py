from datetime import UTC, datetime, timedelta

import pytest

from sandbox.hours import agent_zone, own_zone
from sandbox.life import advance, ended_at, outcome
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


def on_the_line(batch_id, reference_id):
    """Return a request that began half a minute ago and is answered."""
    found = (f"{reference_id}{number}" for number in range(100))
    answered = next(name for name in found if outcome(batch_id, name)["status"] == "COMPLETED")
    return {
        "reference_id": answered,
        "status": "CONNECTED",
        "channel_manager_status": "IN_PROGRESS",
        "sent_at": "2026-11-23T11:59:30Z",
    }


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


@pytest.mark.parametrize("status", ["PENDING", "FAILED", "THROTTLED"])
def test_no_other_batch_moves(store, status):
    store.add_campaign(rate=60)
    store.add_batch("b", status=status, requests=20)
    store.add_requests("b", [{"reference_id": "x", "status": "INITIATED", "sent_at": "2026-11-23T11:59:00Z"}])
    before = store.batch("b"), store.requests("b")
    pass_time(store, minutes=2, step=10)
    assert (store.batch("b"), store.requests("b")) == before


@pytest.mark.parametrize("status", ["PAUSED", "CANCELED", "EXPIRED"])
def test_what_was_under_way_in_a_stopped_batch_ends_and_nothing_else_begins(store, status):
    store.add_campaign(rate=60)
    store.add_batch("b", status=status, requests=20)
    store.add_requests("b", [{"reference_id": "x", "status": "INITIATED", "sent_at": "2026-11-23T11:59:30Z"}])
    pass_time(store, minutes=2, step=10)
    counts = store.status_counts("b")
    assert counts.pop("PENDING") == 20
    assert sum(counts.values()) == counts.get("COMPLETED", 0) + counts.get("FAILED", 0) == 1


def test_in_some_batches_people_talk_longer(store):
    store.add_batch("b", status="PAUSED", more={"ends_late": 600})
    store.add_requests("b", [on_the_line("b", "x")])
    pass_time(store, minutes=9)
    assert store.status_counts("b") == {"CONNECTED": 1}
    pass_time(store, minutes=2, start=NOON + timedelta(minutes=9))
    assert store.status_counts("b") == {"COMPLETED": 1}


def test_in_some_batches_requests_begin_after_the_stop(store):
    store.add_batch("b", status="PAUSED", requests=5, last_updated_at="2026-11-23T12:00:00Z", more={"starts_late": 2})
    store.add_requests("b", [on_the_line("b", "x")])
    pass_time(store, minutes=5)
    counts = store.status_counts("b")
    assert counts["PENDING"] == 3
    assert (
        sorted(filter(None, (request["sent_at"] for request in store.requests("b"))))[1:]
        == ["2026-11-23T12:00:10Z"] * 2
    )


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


def call_around(store, *, most, batches=("a", "b"), requests=30, **more):
    store.add_campaign(rate=60, more={"max_daily_calls": most, **more})
    for batch_id in batches:
        store.add_batch(batch_id, status="ACTIVE", campaign_id=1)
        store.add_requests(batch_id, ({"reference_id": f"{batch_id}-{number}"} for number in range(requests)))


def test_a_maximum_for_the_day_counts_the_reference_ids_of_all_batches(store):
    call_around(store, most=12)
    after = pass_time(store, minutes=20, step=5)
    assert started(store, "a") + started(store, "b") == 12
    pass_time(store, minutes=5, step=5, start=after.replace(hour=0, minute=0) + timedelta(days=1))
    assert started(store, "a") + started(store, "b") == 24


def test_a_reference_id_that_had_outreach_today_counts_once(store):
    call_around(store, most=10, batches=("a",), requests=10)
    pass_time(store, minutes=11, step=5)
    store.add_batch("again", status="ACTIVE", campaign_id=1)
    store.add_requests("again", [{"reference_id": "a-3"}, {"reference_id": "new"}])
    pass_time(store, minutes=5, step=5, start=NOON + timedelta(minutes=11))
    assert {row["reference_id"]: row["status"] != "PENDING" for row in store.requests("again")} == {
        "a-3": True,
        "new": False,
    }


def test_a_maximum_of_none_at_all_closes_the_day(store):
    call_around(store, most=100, outreach_override_rules={"dates": {"2026-11-23": {"max_daily_calls": 0}}})
    pass_time(store, minutes=2, step=10)
    assert (store.batch("a")["status"], started(store, "a")) == ("IDLE", 0)


def test_the_day_of_a_maximum_is_that_of_the_campaigns_zone(store):
    """In Tokyo, Tuesday begins at 15:00 UTC."""
    rules = {"days": {"mon": {"max_daily_calls": 3}, "tue": {"max_daily_calls": 5}}}
    call_around(store, most=None, outreach_override_rules=rules)
    store.change_campaign(1, timezone="Asia/Tokyo")
    pass_time(store, minutes=20, step=10)
    assert started(store, "a") + started(store, "b") == 3
    pass_time(store, minutes=20, step=10, start=NOON.replace(hour=15))
    assert started(store, "a") + started(store, "b") == 3 + 5


def under_way(store, batch_id="b"):
    return {row["status"] for row in store.requests(batch_id) if row["channel_manager_status"] == "IN_PROGRESS"}


def test_requests_that_ended_may_stay_connected(store):
    store.add_campaign(rate=60)
    store.add_batch("b", status="ACTIVE", requests=20, more={"stays_connected": True})
    after = pass_time(store, minutes=25, step=5)
    ended = {(row["status"], row["channel_manager_status"]) for row in store.requests("b")}
    assert {status for status, _ in ended} == {"CONNECTED"}
    assert ("CONNECTED", "COMPLETED") in ended
    assert store.batch("b")["status"] == "IDLE"
    assert ended_at(store, "b") < after


def test_a_share_of_the_requests_may_stay_connected(store):
    store.add_campaign(rate=60)
    store.add_batch("b", status="ACTIVE", requests=200, more={"stays_connected": 0.5, "call_rate": 3600})
    pass_time(store, minutes=6, step=5)
    counts = store.status_counts("b")
    assert 60 < counts["CONNECTED"] < 140
    assert counts["COMPLETED"] + counts["FAILED"] + counts["CONNECTED"] == 200


@pytest.mark.parametrize(("more", "status"), [({}, "CONNECTED"), ({"begins_late": True}, "INITIATED")])
def test_a_request_may_be_in_progress_before_it_is_connected(store, more, status):
    store.add_campaign(rate=60)
    store.add_batch("b", status="ACTIVE", requests=20, more=more)
    pass_time(store, minutes=0.75, step=5)
    assert under_way(store) == {status}


def test_the_end_of_a_batch_is_known_when_its_last_request_has_ended(store):
    store.add_campaign(rate=60)
    store.add_batch("b", status="ACTIVE", requests=5)
    assert ended_at(store, "b") is None
    now = NOON
    while store.batch("b")["status"] == "ACTIVE":
        assert ended_at(store, "b") in (None, now)
        now += timedelta(seconds=5)
        advance(store, now, 5)
    assert ended_at(store, "b") == now - timedelta(seconds=5)
    store.add_requests("b", [{"reference_id": "late"}])
    assert ended_at(store, "b") is None
    assert ended_at(store, "nowhere") is None


def test_the_agent_may_live_elsewhere_than_the_campaign_says(store):
    """Only where the contract has it so: the zone is what the caller of `advance` says it is."""
    agent_id = store.add_agent(timezone="Asia/Tokyo")
    store.add_campaign(daily_start_time="09:00:00", daily_end_time="17:00:00", more={"agent_id": agent_id})
    store.add_batch("b", status="ACTIVE", requests=5)
    advance(store, NOON, 1, zone=agent_zone)
    assert store.batch("b")["status"] == "IDLE"
    advance(store, NOON, 1, zone=own_zone)
    assert store.batch("b")["status"] == "ACTIVE"


def test_time_passes_while_it_runs(monkeypatch):
    monkeypatch.setattr("sandbox.life.TICK_SECONDS", 0.01)
    with Sandbox(ticking=True) as sandbox:
        sandbox.store.add_batch("b", status="PAUSED", expires_on="2020-01-01T00:00:00Z")
        deadline = datetime.now(UTC) + timedelta(seconds=5)
        while sandbox.batch("b")["status"] != "EXPIRED":
            assert datetime.now(UTC) < deadline
