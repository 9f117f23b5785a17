"""The sandbox's own time: set, still, or faster than the real one; whatever has a moment agrees on it."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.server import Sandbox
from sandbox.times import Clock, moment

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATER = "2036-06-01T12:00:00Z"
AT = datetime(2036, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def real_time(monkeypatch):
    """Provide the real time that clocks see, for a test to move."""

    class Now(datetime):
        at = NOON

        @classmethod
        def now(cls, tz=None):
            return cls.at

    monkeypatch.setattr("sandbox.times.datetime", Now)
    return Now


@pytest.mark.parametrize("speed", [1, 20, 0.5])
def test_a_clock_runs_so_many_times_as_fast(real_time, speed):
    clock = Clock(speed)
    assert clock.now() == NOON
    real_time.at += timedelta(minutes=3)
    assert clock.now() == NOON + timedelta(minutes=3) * speed
    assert clock.text() == f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"


def test_a_clock_goes_on_from_where_it_is_set(real_time):
    clock = Clock(20)
    clock.set(AT)
    real_time.at += timedelta(seconds=1)
    assert clock.now() == AT + timedelta(seconds=20)
    clock.set(AT, speed=0)
    real_time.at += timedelta(hours=1)
    assert clock.now() == AT
    clock.reset()
    real_time.at += timedelta(seconds=1)
    assert clock.now() == NOON + timedelta(hours=1, seconds=1 + 20)


@pytest.mark.parametrize("contract", ["2025-04", "current"])
def test_whatever_is_written_is_stamped_by_the_clock(api, sandbox, contract):
    sandbox.clock.set(AT, speed=0)
    sandbox.store.add_batch("b", status="ACTIVE")
    assert sandbox.batch("b")["created_at"] == LATER
    sandbox.store.change_batch("b", last_updated_at=None)
    batch = api.get("/batches/b").json()
    assert api.put("/batches/b", json={**batch, "paused": True, "status": "PAUSED"}).status_code == 200
    assert sandbox.store.batch("b")["last_updated_at"] == LATER
    api.delete("/batches/b", data={"delete_reason": "Sent twice"})
    assert sandbox.batch("b")["deleted_at"] == LATER
    campaign = api.get("/campaigns/1").json()
    assert campaign["updated_at"] == LATER


@pytest.mark.parametrize(
    ("expires_on", "status"), [("2036-06-01T11:59:59Z", "EXPIRED"), ("2036-06-01T12:00:01Z", "PENDING")]
)
@pytest.mark.parametrize("contract", ["current"])
def test_an_expiry_is_in_the_future_of_the_clock(api, sandbox, expires_on, status):
    sandbox.clock.set(AT, speed=0)
    sandbox.store.add_batch("b", status="EXPIRED")
    assert api.put("/batches/b", json={"expires_on": expires_on}).json()["status"] == status


def test_time_can_be_let_pass_without_waiting(sandbox):
    sandbox.clock.set(NOON, speed=0)
    sandbox.store.add_campaign(rate=60)
    sandbox.store.add_batch("b", status="ACTIVE", requests=30, expires_on="2026-11-23T13:00:00Z")
    sandbox.let_pass(60)
    assert sandbox.clock.now() == NOON + timedelta(minutes=1)
    assert sandbox.ended_at("b") is None
    sandbox.let_pass(599.5)
    assert sandbox.clock.now() == NOON + timedelta(minutes=10, seconds=59.5)
    # The last of 30 starts after half a minute, and takes up to 75 seconds.
    assert NOON + timedelta(seconds=30) < sandbox.ended_at("b") < NOON + timedelta(seconds=110)
    sandbox.let_pass(3600, step=60)
    assert sandbox.batch("b")["status"] == "EXPIRED"


@pytest.mark.parametrize(("contract", "status"), [("2025-04", "ACTIVE"), ("current", "IDLE")])
def test_time_passes_in_the_zone_that_the_contract_names(sandbox, contract, status):
    """The campaign says noon, its agent says nine in the evening."""
    sandbox.clock.set(NOON, speed=0)
    agent_id = sandbox.store.add_agent(timezone="Asia/Tokyo")
    hours = {"daily_start_time": "09:00:00", "daily_end_time": "17:00:00"}
    sandbox.store.add_campaign(**hours, more={"agent_id": agent_id})
    sandbox.store.add_batch("b", status="ACTIVE", requests=5)
    sandbox.let_pass(1)
    assert sandbox.store.batch("b")["status"] == status


def test_a_reset_returns_to_the_real_time(sandbox):
    sandbox.clock.set(AT, speed=0)
    sandbox.reset()
    assert abs(sandbox.clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    first = sandbox.clock.now()
    while sandbox.clock.now() == first:
        pass


def test_a_sandbox_at_twenty_times_the_speed_ticks_with_its_clock(monkeypatch):
    monkeypatch.setattr("sandbox.life.TICK_SECONDS", 0.01)
    with Sandbox(ticking=True, speed=20) as sandbox:
        began = sandbox.clock.now()
        sandbox.store.add_campaign(rate=60)
        sandbox.store.add_batch("b", status="ACTIVE", requests=5)
        while sandbox.ended_at("b") is None:
            assert sandbox.clock.now() - began < timedelta(minutes=30)
        sent = [moment(row["sent_at"]) for row in sandbox.store.requests("b")]
        assert min(sent) >= math.floor(began.timestamp())
        assert max(sent) < sandbox.ended_at("b").timestamp() <= sandbox.clock.now().timestamp()


def test_a_file_that_is_ahead_of_the_real_time_goes_on_from_there(tmp_path):
    path = str(tmp_path / "sandbox.sqlite3")
    with Sandbox(path, speed=20) as sandbox:
        sandbox.clock.set(AT)
        sandbox.store.add_batch("b", status="ACTIVE", requests=1)
        sandbox.let_pass(60)
        latest = sandbox.store.latest()
    assert latest >= AT
    with Sandbox(path, ticking=True) as sandbox:
        assert latest <= sandbox.clock.now() < latest + timedelta(minutes=10)


@pytest.mark.parametrize("text", ["soon", None])
def test_a_file_without_a_moment_goes_on_from_the_real_time(tmp_path, text):
    path = str(tmp_path / "sandbox.sqlite3")
    with Sandbox(path) as sandbox:
        sandbox.store.add_batch("b", last_updated_at=text)
    with Sandbox(path, ticking=True) as sandbox:
        assert abs(sandbox.clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
