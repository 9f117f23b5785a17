"""When a campaign contacts people: its hours, days and rules, on the clocks of its time zone.

A window is open as long as these clocks show an hour in it. So where they go forward, hours that they skip are missing,
and where they are set back, hours that they show twice count twice.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from syllable.schemas import Campaign, OutreachOverrideRules, ScheduleOverride

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
# How far `next_change` looks ahead.
LOOKS_AHEAD = timedelta(days=14)
# More calls a day than anybody makes: estimates count in floats, which some integers do not fit.
MOST_CALLS = 10**9

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class DayRule:
    """What holds on a day, as `ScheduleOverride` of the API describes it. None inherits; times are since midnight."""

    active: bool | None = None
    start: timedelta | None = None
    end: timedelta | None = None
    max_daily_calls: int | None = None

    def over(self, other: Self) -> Self:
        """Return this rule with what it leaves out as `other` says it."""
        return type(self)(
            other.active if self.active is None else self.active,
            other.start if self.start is None else self.start,
            other.end if self.end is None else self.end,
            other.max_daily_calls if self.max_daily_calls is None else self.max_daily_calls,
        )


@dataclass(frozen=True, slots=True)
class CallingHours:
    """The calling hours of a campaign in its zone.

    `weekdays` has the whole rule of each day of the week, Monday first; `dates` what is different on single dates. All
    moments are aware, and those returned are in UTC.
    """

    zone: ZoneInfo
    weekdays: tuple[DayRule, ...]
    dates: Mapping[date, DayRule] = field(default_factory=dict)

    @classmethod
    def of(cls, campaign: Campaign, zone: ZoneInfo | None) -> Self | None:
        """Return the calling hours, None where the zone or any part of the hours is missing or unreadable."""
        if zone is None:
            return None
        try:
            return cls(zone, *_rules(campaign))
        except (TypeError, ValueError):
            return None

    def is_open(self, at: datetime) -> bool:
        """Return whether the campaign contacts people at this moment."""
        return any(begin == at for _, begin, _ in self.by_day(at, at + SECOND))

    def next_change(self, at: datetime) -> datetime | None:
        """Return when open becomes closed or the other way round; None where that is not within 14 days."""
        horizon = at + LOOKS_AHEAD
        opens, closes = next(self._merged(at, horizon), (horizon, horizon))
        change = opens if opens > at else closes
        return change if change < horizon else None

    def windows(self, start: datetime, end: datetime) -> list[Window]:
        """Return the open stretches between two moments, in order and as long as they can be."""
        return list(self._merged(start, end))

    def open_seconds(self, start: datetime, end: datetime) -> float:
        """Return for how many seconds the hours are open between two moments."""
        return sum((until - begin).total_seconds() for _, begin, until in self.by_day(start, end))

    def after_open_seconds(self, start: datetime, seconds: float, *, limit: datetime) -> datetime | None:
        """Return the moment at which so many open seconds have passed since `start`; None if that is after `limit`."""
        left = timedelta(seconds=seconds)
        for _, begin, until in self.by_day(start, limit):
            if begin + left <= until:
                return begin + left
            left -= until - begin
        return None

    def day_cap(self, day: date) -> int | None:
        """Return how many people are contacted for the first time on this day at most; None for no maximum."""
        return self._rule(day).max_daily_calls

    def by_day(self, start: datetime, end: datetime) -> Iterator[tuple[date, datetime, datetime]]:
        """Yield the open stretches between two moments, each with the day to which it belongs.

        Hours past midnight belong to the day on which they begin. Stretches are in order and do not overlap, but may
        follow each other without a gap.
        """
        done = start.astimezone(UTC)
        for begin, until, offset in _stretches(done, end.astimezone(UTC), self.zone):
            day = (begin + offset).date() - DAY
            while day <= (until + offset).date():
                for opens, closes in self._on(day):
                    # What the clocks show, as a moment: in this stretch their offset stays the same.
                    first, last = max(done, begin, opens - offset), min(until, closes - offset)
                    if first < last:
                        done = last
                        yield day, first, last
                day += DAY

    def _rule(self, day: date) -> DayRule:
        usual = self.weekdays[day.weekday()]
        return self.dates[day].over(usual) if day in self.dates else usual

    def _on(self, day: date) -> Iterator[Window]:
        """Yield when the clocks of the zone open and close on a day, as if they were in UTC."""
        rule = self._rule(day)
        # A maximum of 0 closes the day, says the API. Equal times leave no time in between.
        if not rule.active or rule.max_daily_calls == 0 or rule.start == rule.end:
            return
        if rule.start is None or rule.end is None:
            return
        midnight = datetime.combine(day, time(), UTC)
        ends = rule.end if rule.end > rule.start else rule.end + DAY
        yield midnight + rule.start, midnight + ends

    def _merged(self, start: datetime, end: datetime) -> Iterator[Window]:
        opens = closes = None
        for _, begin, until in self.by_day(start, end):
            if begin != closes:
                if opens and closes:
                    yield opens, closes
                opens = begin
            closes = until
        if opens and closes:
            yield opens, closes


def _stretches(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Yield the time between two moments in stretches of at most a day in which the zone keeps one offset."""
    while start < end:
        until, offset = min(start + DAY, end), _offset(start, zone)
        if _offset(until, zone) != offset:
            until = _change_of_offset(start, until, zone)
        yield start, until, offset
        start = until


def _change_of_offset(start: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """Return the first whole second after `start` at which the offset is another, `end` at the latest."""
    before, low, high = _offset(start, zone), 0, int((end - start).total_seconds()) + 1
    first = start.replace(microsecond=0)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(first + middle * SECOND, zone) == before:
            low = middle
        else:
            high = middle
    return min(first + high * SECOND, end)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _rules(campaign: Campaign) -> tuple[tuple[DayRule, ...], dict[date, DayRule]]:
    """Return the rules by weekday and by date. Raises TypeError and ValueError where something is unreadable."""
    given = campaign.outreach_override_rules or OutreachOverrideRules()
    if given.unreadable or campaign.daily_start_time is None or campaign.daily_end_time is None:
        raise ValueError("unreadable rules, or no hours")
    always = ScheduleOverride(
        daily_start_time=campaign.daily_start_time,
        daily_end_time=campaign.daily_end_time,
        max_daily_calls=campaign.max_daily_calls,
    )
    active = _active_days(campaign.active_days)
    usual = [_rule(always).over(DayRule(active=day in active)) for day in range(len(DAYS))]
    for name, rule in given.days.items():
        day = DAYS.index(name)
        usual[day] = _rule(rule).over(usual[day])
    return tuple(usual), {date.fromisoformat(day): _rule(rule) for day, rule in given.dates.items()}


def _active_days(names: tuple[str, ...] | str | None) -> Collection[int]:
    if isinstance(names, str):
        raise TypeError("no list of days")
    # None at all means every day: a campaign of contract 2025-04 has none.
    return [DAYS.index(name) for name in names] if names else range(len(DAYS))


def _rule(given: ScheduleOverride) -> DayRule:
    if isinstance(given.active, str):
        raise TypeError("`active` is no boolean")
    return DayRule(
        given.active, _time(given.daily_start_time), _end(given.daily_end_time), _maximum(given.max_daily_calls)
    )


def _time(text: str | None) -> timedelta | None:
    if text is None:
        return None
    at = time.fromisoformat(text)
    if at.tzinfo:
        raise ValueError("a time of day with an offset")
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second, microseconds=at.microsecond)


def _end(text: str | None) -> timedelta | None:
    """Read an end, which is exclusive. One with 59 seconds means the end of its minute: 23:59:59 is midnight."""
    end = _time(text)
    return end + SECOND if end is not None and end.seconds % 60 == 59 else end


def _maximum(calls: int | str | None) -> int | None:
    if isinstance(calls, str) or (calls is not None and not 0 <= calls <= MOST_CALLS):
        raise TypeError("no number of calls")
    return calls
