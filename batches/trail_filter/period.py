"""Days and times that somebody types or chooses, in their zone."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo

# By value, as in an address.
WHEN: Mapping[str, str] = {
    "today": "Today",
    "yesterday": "Yesterday",
    "yesterday-morning": "Yesterday morning",
    "yesterday-afternoon": "Yesterday afternoon",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
}
DAYS_AGO = {"today": 0, "yesterday": 1}
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MINUTE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", re.ASCII)
NOON, EVENING = time(12), time(18)
# No zone can move these out of the calendar.
FIRST_YEAR, LAST_YEAR = 1970, 9000


def is_moment(text: str) -> bool:
    """Return whether `text` is a day, a minute, or a word for a day."""
    if text in DAYS_AGO:
        return True
    if not (DAY.fullmatch(text) or MINUTE.fullmatch(text)):
        return False
    try:
        return FIRST_YEAR <= datetime.fromisoformat(text).year <= LAST_YEAR
    except ValueError:
        return False


def period(
    *, when: str, since: str, until: str, now: datetime, zone: tzinfo
) -> tuple[datetime | None, datetime | None]:
    """Return the moments from which, and before which, something counts; None for no limit."""
    today = now.astimezone(zone).date()
    start, end = _when(when, today, now, zone) if when else (None, None)
    starts = [start, _moment(since, today, zone, is_end=False)]
    ends = [end, _moment(until, today, zone, is_end=True)]
    return max(filter(None, starts), default=None), min(filter(None, ends), default=None)


def _when(when: str, today: date, now: datetime, zone: tzinfo) -> tuple[datetime, datetime | None]:
    yesterday = today - timedelta(days=1)
    match when:
        case "today":
            return _at(today, time(), zone), None
        case "yesterday":
            return _at(yesterday, time(), zone), _at(today, time(), zone)
        case "yesterday-morning":
            return _at(yesterday, time(), zone), _at(yesterday, NOON, zone)
        case "yesterday-afternoon":
            return _at(yesterday, NOON, zone), _at(yesterday, EVENING, zone)
    return now - timedelta(days=int(when.removesuffix("d"))), None


def _moment(text: str, today: date, zone: tzinfo, *, is_end: bool) -> datetime | None:
    if not text:
        return None
    if text in DAYS_AGO:
        day = today - timedelta(days=DAYS_AGO[text])
    elif DAY.fullmatch(text):
        day = date.fromisoformat(text)
    else:
        minute = datetime.fromisoformat(text)
        # The minute that is named is part of the period.
        return _at(minute.date(), minute.time(), zone) + timedelta(minutes=1 if is_end else 0)
    return _at(day + timedelta(days=1 if is_end else 0), time(), zone)


def _at(day: date, clock: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)
