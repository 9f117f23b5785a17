"""Moments as people read them: how far away they are, and exactly when, in the reader's zone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from common.untrusted import visible

NOTHING = "\N{EN DASH}"
DAY = 24 * 60 * 60
YEAR = 365.2425 * DAY
# Each unit with its length in seconds, and the smallest number of seconds shown in it.
UNITS = (("years", YEAR, 10 * YEAR), ("d", DAY, DAY), ("h", 60 * 60, 60 * 60), ("min", 60, 60))


@dataclass(slots=True)
class Moment:
    """A moment in `words` such as `in 3 h`. Text that is no moment stays in `words` as it came, and `exact` is ""."""

    words: str
    exact: str = ""


class Moments:
    """Moments as one reader sees them at one time, for pages that show hundreds."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.zone = timezone.get_current_timezone()

    def moment(self, value: Any) -> Moment:
        """Return a datetime or a Timestamp of the API as `in 3 h`, with the exact time."""
        at = _instant(value)
        return Moment(_as_it_came(value)) if at is None else Moment(self._relative(at), self._exact(at))

    def exact(self, value: Any) -> str:
        """Return what the function `exact` returns."""
        at = _instant(value)
        return _as_it_came(value) if at is None else self._exact(at)

    def _exact(self, at: datetime) -> str:
        try:
            local = at.astimezone(self.zone)
        except OverflowError:
            # The first and the last day of the calendar have no time in some zones.
            local = at
        # Takes a third of the time of strftime.
        return f"{local.isoformat(' ', 'seconds')[:19]} {local.tzname()}"

    def _relative(self, at: datetime) -> str:
        distance = (at - self.now).total_seconds()
        seconds = int(abs(distance))
        for unit, length, least in UNITS:
            if seconds >= least:
                amount = f"{round(seconds / length)} {unit}"
                return f"in {amount}" if distance > 0 else f"{amount} ago"
        return "now" if seconds < 10 else "in under a minute" if distance > 0 else "just now"


def moment(value: Any) -> Moment:
    """Return a datetime or a Timestamp of the API as `in 3 h`. Unreadable values are shown as they came."""
    return Moments().moment(value)


def exact(value: Any) -> str:
    """Return a datetime or a Timestamp of the API in the reader's zone: `2025-01-17 14:02:11 EST`."""
    return Moments().exact(value)


def clock(at: datetime | None, *, seconds: bool = True) -> str:
    """Return the time of day in the reader's zone, with the date unless it is today; to the minute if not `seconds`."""
    if at is None:
        return NOTHING
    local = timezone.localtime(at)
    time = "%H:%M:%S" if seconds else "%H:%M"
    return local.strftime(time if local.date() == timezone.localdate() else f"%Y-%m-%d {time}")


def time_of_day(at: datetime) -> str:
    """Return the time of day in the reader's zone, whatever the day."""
    return timezone.localtime(at).strftime("%H:%M:%S")


def _instant(value: Any) -> datetime | None:
    at = getattr(value, "at", value)
    return at if isinstance(at, datetime) and at.tzinfo else None


def _as_it_came(value: Any) -> str:
    return NOTHING if value in (None, "") else visible(value)
