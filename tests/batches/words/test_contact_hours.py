"""When a campaign contacts people, in words, on the clocks of its zone and of the reader's."""

from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from batches.calling_hours import CallingHours
from batches.words.contact_hours import (
    TO,
    contact_hours,
    hours_now,
    hours_sentence,
    hours_strip,
    idle_because,
    other_rules,
    out_of_hours,
)
from syllable.schemas import Batch, Campaign

# Tuesday, 1 December 2026: 12:00 in New York, 18:00 in Zurich.
NOON = datetime(2026, 12, 1, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at(monkeypatch):
    """Set what time it is; noon in New York unless a test says otherwise."""

    def at(now):
        monkeypatch.setattr(timezone, "now", lambda: now)

    at(NOON)
    with timezone.override("Europe/Zurich"):
        yield at


def found(start="09:00:00", end="18:00:00", zone="America/New_York", **fields):
    campaign = Campaign.read({"id": 1, "daily_start_time": start, "daily_end_time": end, **fields})
    known = ZoneInfo(zone) if zone else None
    return SimpleNamespace(campaign=campaign, zone=known, hours=CallingHours.of(campaign, known))


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (found(), "Open until 18:00 (New York), Wed 00:00 your time."),
        (found(end="17:00:00"), "Open until 17:00 (New York), 23:00 your time."),
        (found(zone="Europe/Zurich", end="20:00:00"), "Open until 20:00 (Zurich)."),
        (found(zone="Europe/Berlin", end="20:00:00"), "Open until 20:00 (Berlin)."),
        (found("13:00:00"), "Closed until 13:00 (New York), 19:00 your time."),
        (found(active_days=["mon"]), "Closed until Mon 09:00 (New York), Mon 15:00 your time."),
        (found("00:00:00", "23:59:59"), "Open around the clock."),
        (found("09:00:00", "09:00:00"), "Closed for 14 days at least."),
        (found(zone=None), "09:00 to 18:00. Time zone not known."),
        (found("nine <b>", zone=None), "nine <b> to 18:00. Time zone not known."),
        (found(zone=None, timezone="Mars/Olympus"), "09:00 to 18:00. The time zone Mars/Olympus is not known."),
        (found(None), "Not known."),
        (found(None, zone=None), "Not known."),
        (found("nine"), "Not known."),
        (SimpleNamespace(campaign=None, zone=None, hours=None), "Not known."),
    ],
)
def test_it_is_said_whether_the_hours_are_open_and_until_when(hours, said):
    assert hours_now(hours) == said


def test_a_date_stands_where_a_weekday_would_be_unclear():
    week = {day: {"active": False} for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    rules = {"days": week, "dates": {"2026-12-08": {"active": True}}}
    said = hours_now(found(outreach_override_rules=rules))
    assert said == "Closed until 2026-12-08 09:00 (New York), 2026-12-08 15:00 your time."


def test_as_a_sentence_it_names_its_subject():
    assert hours_sentence(found()).startswith("Contact hours are open until 18:00 (New York)")
    assert hours_sentence(found(None)) == "Contact hours are not known."


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (found(), ""),
        (found(None), ""),
        (
            found("13:00:00"),
            "Contact hours are closed until 13:00 (New York), 19:00 your time. Nobody should be contacted before.",
        ),
        (found(max_daily_calls=0), "Contact hours are closed for 14 days at least. Nobody should be contacted."),
    ],
)
def test_a_resume_hears_that_nobody_should_be_contacted(hours, said):
    assert out_of_hours(hours) == said


@pytest.mark.parametrize(
    ("campaign", "zone", "said"),
    [
        ({}, "America/New_York", f"09:00{TO}17:00 America/New_York"),
        ({"timezone": "Asia/Tokyo"}, "America/New_York", f"09:00{TO}17:00 Asia/Tokyo"),
        ({"active_days": ["mon", "tue", "wed", "thu", "fri"]}, "UTC", f"09:00{TO}17:00 UTC, Mon{TO}Fri"),
        ({"active_days": ["sun", "mon"]}, "UTC", f"09:00{TO}17:00 UTC, Mon, Sun"),
        ({"active_days": []}, "UTC", f"09:00{TO}17:00 UTC"),
        ({"active_days": ["noday"]}, "UTC", f"09:00{TO}17:00 UTC"),
        ({"active_days": "odd"}, "UTC", f"09:00{TO}17:00 UTC"),
        ({}, None, "unknown"),
        ({"daily_end_time": None}, "UTC", "unknown"),
    ],
)
def test_the_usual_hours_have_their_zone_and_days(campaign, zone, said):
    given = Campaign.read({"daily_start_time": "09:00:00", "daily_end_time": "17:00:00", **campaign})
    assert contact_hours(given, ZoneInfo(zone) if zone else None) == said


def test_it_is_said_that_days_differ():
    assert other_rules(found()) == ""
    assert other_rules(found(None)) == ""
    rules = {"dates": {"2026-12-24": {"daily_end_time": "12:00:00"}}}
    assert other_rules(found(outreach_override_rules=rules)) == "Some days have other hours."
    early = {"days": {"fri": {"daily_end_time": "12:00:00"}}}
    assert other_rules(found(outreach_override_rules=early)) == "Some days have other hours."
    # The days are part of the usual hours, and what has passed does not matter.
    assert other_rules(found(active_days=["mon"])) == ""
    assert other_rules(found(outreach_override_rules={"dates": {"2026-11-30": {"active": False}}})) == ""


@pytest.mark.parametrize(
    ("counts", "hours", "said"),
    [
        ({"COMPLETED": 5}, found(), "Idle because everything is done."),
        (
            {"PENDING": 5},
            found("13:00:00"),
            "Idle outside contact hours until 13:00 (New York), 19:00 your time.",
        ),
        ({"PENDING": 5}, found("09:00:00", "09:00:00"), "Idle outside contact hours."),
        ({"PENDING": 5}, found(), "Idle although the contact hours are open. Syllable does not say why."),
        (None, found(zone=None), "Idle. The contact hours, which may be the reason, are not known."),
    ],
)
def test_an_idle_batch_explains_itself(counts, hours, said):
    assert idle_because(Batch.read({"status": "IDLE", "status_counts": counts}), hours) == said


def test_no_other_batch_explains_itself():
    assert idle_because(Batch.read({"status": "ACTIVE"}), found()) == ""


def strip(*times, **fields):
    return hours_strip(found(*times, **fields).hours)


def test_the_strip_shows_the_day_on_the_clocks_of_the_campaign():
    shown = strip()
    assert [(part.start, part.width) for part in shown.parts] == [(9 * 60, 9 * 60)]
    assert (shown.now, shown.is_open, shown.city) == (12 * 60, True, "New York")
    assert shown.here == ["00:00", "06:00", "12:00", "18:00", "24:00"]
    assert shown.yours == ["06:00", "12:00", "18:00", "00:00", "06:00"]
    assert shown.words == "Open today from 09:00 to 18:00 in New York"


def test_the_strip_has_one_clock_where_both_are_the_same():
    assert strip(zone="Europe/Berlin").yours == []


def test_hours_past_midnight_stand_at_both_ends_of_the_strip(at):
    shown = strip("22:00:00", "06:00:00")
    assert [(part.start, part.width) for part in shown.parts] == [(0, 360), (1320, 120)]
    assert shown.words == "Open today from 00:00 to 06:00 and 22:00 to 24:00 in New York"
    assert not shown.is_open


@pytest.mark.parametrize(
    ("times", "fields", "words"),
    [
        (("00:00:00", "23:59:59"), {}, "Open all day today in New York"),
        (("09:00:00", "17:00:00"), {"active_days": ["mon"]}, "Closed all day today in New York"),
    ],
)
def test_a_whole_day_is_said_in_a_word(times, fields, words):
    assert strip(*times, **fields).words == words


@pytest.mark.parametrize("day", [datetime(2026, 3, 8, 20, tzinfo=UTC), datetime(2026, 11, 1, 20, tzinfo=UTC)])
def test_a_day_on_which_the_clocks_change_has_24_hours_in_the_strip(at, day):
    at(day)
    whole = strip("00:00:00", "23:59:59")
    assert max(part.start + part.width for part in whole.parts) == 24 * 60
    assert min(part.start for part in whole.parts) == 0
    [nine] = strip("09:00:00", "17:00:00").parts
    assert (nine.start, nine.width) == (9 * 60, 8 * 60)
