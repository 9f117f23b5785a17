"""How far an edit moves an expiry, and when the new one is, in words."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from batches.rules import Step
from common.moments import moment
from syllable.schemas import Timestamp, plain_text

MINUTE, HOUR, DAY = 60, 60 * 60, 24 * 60 * 60


def expiry_shift(step: Step) -> str:
    """Return `8 h 47 min later than now set, in 24 h`; "" for any other field, and where there is no new expiry."""
    after = _read(step.after)
    if step.field != "expires_on" or after is None or after.at is None:
        return ""
    before = _read(step.before)
    when = _when(after, after.at)
    if before is None or before.at is None:
        return when
    seconds = (after.at - before.at).total_seconds()
    return f"{_span(abs(seconds))} {'later' if seconds > 0 else 'earlier'} than now set, {when}"


def _when(after: Timestamp, at: datetime) -> str:
    """Return how far away the new expiry is. Up to two days it is told in hours, as what it moves by."""
    seconds = (at - timezone.now()).total_seconds()
    return f"in {round(seconds / HOUR)} h" if HOUR <= seconds < 2 * DAY else moment(after).words


def _read(value: Any) -> Timestamp | None:
    return Timestamp.read(plain_text(value)) if value else None


def _span(seconds: float) -> str:
    """Return a length of time in its two largest units. Two days and more are days."""
    minutes = round(seconds / MINUTE)
    if minutes < 1:
        return "less than a minute"
    if minutes >= 2 * DAY // MINUTE:
        return _two(round(seconds / HOUR), 24, "d", "h")
    return _two(minutes, 60, "h", "min")


def _two(amount: int, size: int, large: str, small: str) -> str:
    many, few = divmod(amount, size)
    return " ".join(f"{number:,} {unit}" for number, unit in ((many, large), (few, small)) if number)
