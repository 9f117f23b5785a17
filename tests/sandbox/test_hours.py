"""When a campaign calls."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.hours import agent_zone, open_hours, within_hours
from sandbox.store import Store

# A Monday.
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ALL_DAY = {"daily_start_time": "00:00:00", "daily_end_time": "23:59:59", "timezone": "UTC"}
BY_DAY = {"daily_start_time": "09:00:00", "daily_end_time": "17:00:00", "timezone": "UTC"}


@pytest.fixture
def store():
    store = Store(":memory:")
    yield store
    store.close()


def calls(now=NOON, *, hours=BY_DAY, **more):
    return within_hours({**hours, "more": more}, now)


@pytest.mark.parametrize(
    ("start", "end", "days", "calls"),
    [
        ("00:00:00", "23:59:59", ["mon"], True),
        ("00:00:00", "23:59:59", ["sun", "tue"], False),
        ("20:00:00", "13:00:00", ["sun"], True),
        ("20:00:00", "13:00:00", ["mon"], False),
        ("00:00:00", "23:59:59", None, True),
        ("00:00:00", "23:59:59", [], True),
        (None, None, ["tue"], False),
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


def test_a_rule_for_the_weekday_wins_over_the_campaign():
    assert not calls(outreach_override_rules={"days": {"mon": {"active": False}}})
    assert not calls(outreach_override_rules={"days": {"mon": {"daily_start_time": "12:30:00"}}})
    assert calls(outreach_override_rules={"days": {"tue": {"active": False}}})
    assert calls(active_days=["tue"], outreach_override_rules={"days": {"mon": {"active": True}}})


def test_a_rule_for_the_date_wins_over_that_for_the_weekday_field_by_field():
    days = {"mon": {"daily_start_time": "08:00:00", "daily_end_time": "11:00:00"}}
    dates = {"2026-11-23": {"daily_end_time": "12:30:00"}}
    eight = NOON.replace(hour=8)
    assert not calls(outreach_override_rules={"days": days})
    assert calls(outreach_override_rules={"days": days, "dates": dates})
    assert calls(eight, outreach_override_rules={"days": days, "dates": dates})
    assert not calls(eight, outreach_override_rules={"dates": dates})


def test_a_null_in_a_rule_inherits():
    assert calls(outreach_override_rules={"days": {"mon": {"active": None, "daily_end_time": None}}, "dates": None})


def test_a_rule_may_open_a_day_that_is_not_active_or_close_one():
    open_it, close_it = ({"2026-11-23": {"active": active}} for active in (True, False))
    closed = {"mon": {"active": False}}
    assert calls(active_days=["fri"], outreach_override_rules={"days": closed, "dates": open_it})
    assert not calls(outreach_override_rules={"dates": close_it})


def test_no_calls_at_all_close_a_day():
    closed = {"dates": {"2026-11-23": {"max_daily_calls": 0}}}
    assert not calls(outreach_override_rules=closed)
    assert not calls(max_daily_calls=0)
    assert calls(NOON + timedelta(days=1), outreach_override_rules=closed)


def test_the_night_after_a_closed_day_is_closed_and_that_before_it_is_not():
    night = {"daily_start_time": "20:00:00", "daily_end_time": "06:00:00", "timezone": "UTC"}
    closed = {"dates": {"2026-11-23": {"active": False}}}

    def at(day, hour):
        return calls(NOON.replace(day=day, hour=hour), hours=night, outreach_override_rules=closed)

    assert [at(22, 21), at(23, 5), at(23, 21), at(24, 5), at(24, 21)] == [True, True, False, False, True]


def test_the_date_of_a_rule_is_that_of_the_campaigns_zone():
    """In Tokyo, the 24th begins at 15:00 UTC of the 23rd."""
    closed = {"dates": {"2026-11-24": {"active": False}}}
    tokyo = {**ALL_DAY, "timezone": "Asia/Tokyo"}
    assert calls(NOON.replace(hour=14, minute=59), hours=tokyo, outreach_override_rules=closed)
    assert not calls(NOON.replace(hour=15), hours=tokyo, outreach_override_rules=closed)


def test_open_hours_tell_since_when_and_how_many():
    days = {"mon": {"max_daily_calls": 100}}
    hours = open_hours({**BY_DAY, "more": {"max_daily_calls": 2500, "outreach_override_rules": {"days": days}}}, NOON)
    assert (hours.since, hours.most) == (NOON.replace(hour=9), 100)
    tomorrow = NOON + timedelta(days=1)
    assert open_hours({**BY_DAY, "more": {"max_daily_calls": 2500}}, tomorrow).most == 2500
    assert open_hours({**BY_DAY, "more": {}}, NOON).most is None


def zone(store, **fields):
    return agent_zone(store, store.campaign(store.add_campaign(timezone="UTC", **fields)))


def test_the_zone_is_that_of_the_agent_of_the_campaign_else_of_the_agent_behind_its_source(store):
    berlin, tokyo, denver = (
        store.add_agent(timezone=name) for name in ("Europe/Berlin", "Asia/Tokyo", "America/Denver")
    )
    store.add_target("+15550110", agent_id=berlin)
    store.add_target("+15550110", agent_id=denver, target_mode="sms")
    assert zone(store, source="+15550110", more={"agent_id": tokyo}) == "Asia/Tokyo"
    assert zone(store, source="+15550110", more={}) == "Europe/Berlin"
    assert zone(store, source="+15550110", more={"mode": "sms"}) == "America/Denver"
    assert zone(store, source="+15550199", more={}) == "UTC"
    assert zone(store, source=None, more={"agent_id": 99}) == "UTC"
