"""Moments as people read them: how far away they are, and exactly when, in the reader's zone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from common.untrusted import visible

NOTHING = "\N{EN DASH}"
DAY = 24 * 60 * 60
YEAR = 365.2425 * DAY
# Each unit with its seconds, and from how many seconds on it is used.
UNITS = (("years", YEAR, 10 * YEAR), ("d", DAY, DAY), ("h", 60 * 60, 60 * 60), ("min", 60, 60))


@dataclass(slots=True)
class Moment:
    """A moment in `words` such as `in 3 h`. `exact` is "" where it could not be read: then the words are as it came."""

    words: str
    exact: str = ""


class Moments:
    """Moments as people read them, all seen at one time by one reader: for pages that show hundreds of them."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.zone = timezone.get_current_timezone()

    def moment(self, value: Any) -> Moment:
        """A datetime or a Timestamp of the API as `in 3 h`, with the exact time."""
        at = _instant(value)
        return Moment(_as_it_came(value)) if at is None else Moment(self._relative(at), self._exact(at))

    def exact(self, value: Any) -> str:
        """What `exact` below makes of it."""
        at = _instant(value)
        return _as_it_came(value) if at is None else self._exact(at)

    def _exact(self, at: datetime) -> str:
        try:
            local = at.astimezone(self.zone)
        except OverflowError:
            # The first and the last day of all have no time in some zones.
            local = at
        # A third of what strftime takes.
        return f"{local.isoformat(' ', 'seconds')[:19]} {local.tzname()}"

    def _relative(self, at: datetime) -> str:
        distance = (at - self.now).total_seconds()
        seconds = int(abs(distance))
        if seconds < 60:
            return "now" if seconds < 10 else "in under a minute" if distance > 0 else "just now"
        unit, length = next((unit, length) for unit, length, least in UNITS if seconds >= least)
        amount = f"{round(seconds / length)} {unit}"
        return f"in {amount}" if distance > 0 else f"{amount} ago"


def moment(value: Any) -> Moment:
    """A datetime or a Timestamp of the API as `in 3 h`. What cannot be read is shown as it came."""
    return Moments().moment(value)


def exact(value: Any) -> str:
    """A datetime or a Timestamp of the API in the reader's zone, with its name: `2025-01-17 14:02:11 EST`."""
    return Moments().exact(value)


def clock(at: datetime | None) -> str:
    """The time of day in the reader's zone; with the date where that is not today's."""
    if at is None:
        return NOTHING
    local = timezone.localtime(at)
    return local.strftime("%H:%M:%S" if local.date() == timezone.localdate() else "%Y-%m-%d %H:%M:%S")


def time_of_day(at: datetime) -> str:
    """The time of day in the reader's zone, whatever day it is."""
    return timezone.localtime(at).strftime("%H:%M:%S")


def _instant(value: Any) -> datetime | None:
    at = value if isinstance(value, datetime) else getattr(value, "at", None)
    return at if isinstance(at, datetime) and timezone.is_aware(at) else None


def _as_it_came(value: Any) -> str:
    return NOTHING if value in (None, "") else visible(str(value))
