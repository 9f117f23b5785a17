"""When a campaign contacts people."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from batches.calling_hours import CallingHours
from sandbox.hours import within_hours
from syllable.schemas import Campaign

NEW_YORK = ZoneInfo("America/New_York")
# A Tuesday.
TUESDAY = date(2026, 12, 1)


def campaign(start="09:00:00", end="17:00:00", **fields):
    return Campaign.read({"id": 1, "daily_start_time": start, "daily_end_time": end, **fields})


def hours(*times, zone="America/New_York", **fields):
    return CallingHours.of(campaign(*times, **fields), ZoneInfo(zone))


def there(text, zone="America/New_York", fold=0):
    """Return a moment by the clocks of a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


def shown(windows, zone="America/New_York"):
    return [tuple(f"{at.astimezone(ZoneInfo(zone)):%d %H:%M %Z}" for at in window) for window in windows]


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-12-01T08:59:59", False),
        ("2026-12-01T09:00:00", True),
        ("2026-12-01T16:59:59.999999", True),
        ("2026-12-01T17:00:00", False),
    ],
)
def test_hours_are_open_from_their_start_until_their_end_on_the_clocks_of_the_campaign(at, is_open):
    assert hours().is_open(there(at)) is is_open
    assert hours().is_open(there(at).astimezone(ZoneInfo("Asia/Tokyo"))) is is_open


def test_they_change_at_the_next_end_or_start():
    assert hours().next_change(there("2026-12-01T10:00")) == there("2026-12-01T17:00")
    assert hours().next_change(there("2026-12-01T17:00")) == there("2026-12-02T09:00")
    weekdays = hours(active_days=["mon", "tue", "wed", "thu", "fri"])
    assert weekdays.next_change(there("2026-12-04T18:00")) == there("2026-12-07T09:00")


def test_hours_past_midnight_belong_to_the_day_on_which_they_begin():
    nights = hours("22:00:00", "06:00:00", active_days=["tue"])
    assert nights.is_open(there("2026-12-02T05:59"))
    assert not nights.is_open(there("2026-12-01T05:59"))
    assert not nights.is_open(there("2026-12-02T22:00"))
    assert [day for day, *_ in nights.by_day(there("2026-12-01T00:00"), there("2026-12-08T00:00"))] == [TUESDAY] * 2
    assert nights.open_seconds(there("2026-12-01T00:00"), there("2026-12-08T00:00")) == 8 * 3600


def test_a_night_that_begins_on_a_day_that_is_closed_by_a_rule_is_closed_until_its_end():
    nights = hours("22:00:00", "06:00:00", outreach_override_rules={"dates": {"2026-12-01": {"active": False}}})
    assert nights.is_open(there("2026-12-01T03:00"))
    assert not nights.is_open(there("2026-12-01T23:00"))
    assert not nights.is_open(there("2026-12-02T03:00"))
    assert nights.next_change(there("2026-12-01T12:00")) == there("2026-12-02T22:00")


def test_a_date_rule_wins_over_a_weekday_rule_and_that_over_the_campaign_field_by_field():
    ruled = hours(
        active_days=["mon"],
        max_daily_calls=500,
        outreach_override_rules={
            "days": {
                "tuesday": {"active": True, "daily_start_time": "10:00:00", "max_daily_calls": 40},
                "mon": {"daily_end_time": "12:00:00"},
            },
            "dates": {"2026-12-08": {"daily_end_time": "20:00:00"}, "2026-12-25": {"active": True}},
        },
    )
    assert shown(ruled.windows(there("2026-12-01T00:00"), there("2026-12-10T00:00"))) == [
        ("01 10:00 EST", "01 17:00 EST"),
        ("07 09:00 EST", "07 12:00 EST"),
        ("08 10:00 EST", "08 20:00 EST"),
    ]
    assert [ruled.day_cap(date(2026, 12, day)) for day in (1, 7, 8)] == [40, 500, 40]
    assert ruled.is_open(there("2026-12-25T12:00"))


@pytest.mark.parametrize("rule", [{"active": False}, {"max_daily_calls": 0}])
def test_a_rule_closes_a_day(rule):
    ruled = hours(outreach_override_rules={"dates": {"2026-12-01": rule}})
    assert not ruled.is_open(there("2026-12-01T12:00"))
    assert ruled.is_open(there("2026-12-02T12:00"))


def test_a_rule_of_nulls_changes_nothing():
    empty = {"active": None, "daily_start_time": None, "daily_end_time": None, "max_daily_calls": None}
    assert hours(outreach_override_rules={"days": {"tue": empty}, "dates": None}).is_open(there("2026-12-01T12:00"))
    assert hours(outreach_override_rules=None, max_daily_calls=None).day_cap(TUESDAY) is None


def test_days_that_end_with_their_last_second_are_open_around_the_clock():
    always = hours("00:00:00", "23:59:59")
    assert always.next_change(there("2026-12-01T12:00")) is None
    assert len(always.windows(there("2026-12-01T00:00"), there("2026-12-05T00:00"))) == 1


def test_equal_times_leave_no_time_in_between():
    closed = hours("09:00:00", "09:00:00")
    assert not closed.windows(there("2026-12-01T00:00"), there("2026-12-20T00:00"))
    assert closed.next_change(there("2026-12-01T00:00")) is None


def test_a_change_more_than_two_weeks_away_is_not_told():
    rules = {"days": {day: {"active": False} for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}}
    late = hours(outreach_override_rules={**rules, "dates": {"2026-12-20": {"active": True}}})
    assert late.next_change(there("2026-12-01T12:00")) is None
    assert late.next_change(there("2026-12-07T12:00")) == there("2026-12-20T09:00")


def test_clocks_that_go_forward_skip_hours():
    # On 8 March 2026 the clocks of New York go from 02:00 to 03:00.
    night = (there("2026-03-08T00:00"), there("2026-03-08T12:00"))
    assert hours("01:00:00", "04:00:00").open_seconds(*night) == 2 * 3600
    assert shown(hours("02:30:00", "04:00:00").windows(*night)) == [("08 03:00 EDT", "08 04:00 EDT")]
    assert shown(hours("01:00:00", "02:30:00").windows(*night)) == [("08 01:00 EST", "08 03:00 EDT")]
    assert hours("02:10:00", "02:50:00").windows(*night) == []


def test_clocks_that_are_set_back_show_hours_twice():
    # On 1 November 2026 the clocks of New York go from 02:00 back to 01:00.
    night = (there("2026-11-01T00:00"), there("2026-11-01T12:00"))
    assert hours("00:00:00", "04:00:00").open_seconds(*night) == 5 * 3600
    assert shown(hours("00:00:00", "01:30:00").windows(*night)) == [
        ("01 00:00 EDT", "01 01:30 EDT"),
        ("01 01:00 EST", "01 01:30 EST"),
    ]


def test_open_seconds_are_counted_and_found_again():
    start = there("2026-12-01T16:00")
    assert hours().open_seconds(start, there("2026-12-02T10:00")) == 2 * 3600
    assert hours().after_open_seconds(start, 2 * 3600, limit=there("2026-12-03T00:00")) == there("2026-12-02T10:00")
    assert hours().after_open_seconds(start, 2 * 3600, limit=there("2026-12-02T09:59")) is None
    assert hours().open_seconds(start, start) == hours().open_seconds(start, there("2026-12-01T10:00")) == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"start": None},
        {"end": None},
        {"start": "nine"},
        {"start": 9},
        {"start": "09:00:00+01:00"},
        {"end": "25:00:00"},
        {"active_days": "mon"},
        {"active_days": ["mon", "noday"]},
        {"active_days": [1]},
        {"max_daily_calls": "many"},
        {"max_daily_calls": -1},
        {"max_daily_calls": 10**400},
        {"outreach_override_rules": []},
        {"outreach_override_rules": {"days": []}},
        {"outreach_override_rules": {"days": {"someday": {}}}},
        {"outreach_override_rules": {"days": {"mon": "closed"}}},
        {"outreach_override_rules": {"days": {"mon": {"active": "no"}}}},
        {"outreach_override_rules": {"dates": {"Christmas": {"active": False}}}},
        {"outreach_override_rules": {"dates": {"2026-12-25": {"daily_end_time": "noon"}}}},
    ],
)
def test_hours_of_which_a_part_cannot_be_read_are_not_known(fields):
    assert CallingHours.of(campaign(**fields), NEW_YORK) is None


def test_without_a_zone_the_hours_are_not_known():
    assert CallingHours.of(campaign(), None) is None


times = st.times().map(lambda at: at.replace(microsecond=0, second=0).isoformat())
# Apart from the very second of an end, which is the sandbox's last one.
moments = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC) + timedelta(minutes=minutes)
)
zones = st.sampled_from(["America/New_York", "Europe/Zurich", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
days = st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), unique=True)


@given(times, times, zones, days, moments)
@example("09:00:00", "17:00:00", "UTC", ["mon"], datetime(2026, 12, 1, 12, tzinfo=UTC))
@example("01:00:00", "01:30:00", "America/New_York", [], datetime(2026, 11, 1, 6, 15, tzinfo=UTC))
def test_a_campaign_is_open_when_the_sandbox_calls(start, end, zone, days, at):
    row = {"daily_start_time": start, "daily_end_time": end, "timezone": zone, "more": {"active_days": days}}
    assert hours(start, end, zone=zone, active_days=days).is_open(at) is within_hours(row, at)


overrides = st.fixed_dictionaries(
    {},
    optional={
        "active": st.booleans() | st.none(),
        "daily_start_time": times | st.none(),
        "daily_end_time": times | st.none(),
        "max_daily_calls": st.integers(0, 2) | st.none(),
    },
)
rules = st.fixed_dictionaries(
    {},
    optional={
        "days": st.dictionaries(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), overrides),
        "dates": st.dictionaries(st.integers(1, 31).map(lambda day: f"2026-03-{day:02}"), overrides),
    },
)


@given(times, times, zones, rules, st.integers(0, 31 * 24 * 60))
def test_with_any_rules_a_campaign_is_open_when_the_sandbox_calls(start, end, zone, rules, minutes):
    at = datetime(2026, 3, 1, 0, 0, 30, tzinfo=UTC) + timedelta(minutes=minutes)
    more = {"active_days": ["mon", "wed", "fri"], "outreach_override_rules": rules}
    row = {"daily_start_time": start, "daily_end_time": end, "timezone": zone, "more": more}
    assert hours(start, end, zone=zone, **more).is_open(at) is within_hours(row, at)


@given(times, times, zones, days, moments)
def test_windows_changes_and_seconds_agree(start, end, zone, days, at):
    some = hours(start, end, zone=zone, active_days=days)
    until = at + timedelta(days=9)
    windows = some.windows(at, until)
    assert all(begin < close for begin, close in windows)
    assert all(first[1] < second[0] for first, second in pairwise(windows))
    assert some.open_seconds(at, until) == sum((close - begin).total_seconds() for begin, close in windows)
    assert all(some.is_open(begin) and not (close < until and some.is_open(close)) for begin, close in windows)
    change = some.next_change(at)
    if change:
        assert some.is_open(change) is not some.is_open(at)
        assert some.is_open(change - timedelta(microseconds=1)) is some.is_open(at)
    else:
        assert len(windows) == some.is_open(at)
    seconds = some.open_seconds(at, until)
    if seconds:
        ends = some.after_open_seconds(at, seconds, limit=until)
        assert ends == windows[-1][1]
