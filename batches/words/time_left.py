"""How pages say how far a batch is, and when it will be done."""

from datetime import datetime, timedelta
from typing import Protocol

from django.utils import timezone

from batches.estimate import HORIZON, Estimate, NoEstimate
from common.moments import clock

NONE_LEFT = {
    NoEstimate.DONE: "done",
    NoEstimate.PAUSED: "paused",
    NoEstimate.NO_SAMPLES: "time left not known",
    NoEstimate.CLOSED: "outside contact hours",
    NoEstimate.NO_PROGRESS: "no progress",
}
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Times below the first number are rounded to the second.
STEPS = ((10 * MINUTE, MINUTE), (90 * MINUTE, 5 * MINUTE), (2 * DAY, HOUR), (HORIZON + DAY, DAY))


class Counts(Protocol):
    """The request counts of a batch."""

    pending: int
    under_way: int
    ended: int


def progress_line(counts: Counts, estimate: Estimate) -> str:
    """Return `128 of 162 · 14 % failed · about 40 min left`."""
    total = counts.pending + counts.under_way + counts.ended
    failed = estimate.share_failed
    parts = [
        f"{counts.ended:,} of {total:,}",
        f"{percent(failed)} failed" if failed else "",
        time_left(estimate),
    ]
    return " · ".join(filter(None, parts))


def time_left(estimate: Estimate) -> str:
    """Return `about 40 min left`, `about 30 to 50 min left`, or why nobody can say."""
    if estimate.cause is not None:
        return NONE_LEFT[estimate.cause]
    now = timezone.now()
    if estimate.ends_from is None:
        return NONE_LEFT[NoEstimate.NO_SAMPLES]
    earliest = max(estimate.ends_from - now, timedelta())
    if estimate.ends_until is None:
        is_far = earliest >= HORIZON - DAY
        return f"more than {'a month' if is_far else _length(earliest)} left"
    latest = max(estimate.ends_until - now, timedelta())
    if latest < MINUTE:
        return "under a minute left"
    first, last = _length(earliest), _length(latest)
    if first == last:
        return f"about {last} left"
    if earliest < MINUTE:
        return f"up to {last} left"
    number, _, unit = first.partition(" ")
    return f"about {number if last.endswith(f' {unit}') else first} to {last} left"


def ends_about(estimate: Estimate) -> str:
    """Return `ends about 14:40` or `ends between 14:30 and 14:50`, in the reader's zone; "" where nobody can say."""
    if estimate.ends_from is None or estimate.ends_until is None:
        return ""
    first, last = _to_five(estimate.ends_from), _to_five(estimate.ends_until)
    if first == last:
        return f"ends about {clock(first, seconds=False)}"
    return f"ends between {clock(first, seconds=False)} and {clock(last, seconds=False)}"


def pace_words(estimate: Estimate) -> str:
    """Return `60 a minute`, or the pace of an hour where that is a small number; "" where it is not known."""
    if estimate.pace is None:
        return ""
    if estimate.pace >= 10 or not estimate.pace:
        return f"{round(estimate.pace):,} a minute"
    return f"{estimate.pace:.1f} a minute" if estimate.pace >= 1 else f"{estimate.pace * 60:.0f} an hour"


def not_reached(estimate: Estimate) -> str:
    """Return that people will not be reached before the expiry, as a sentence; "" where everybody will be."""
    if estimate.unreached is None:
        return ""
    least, most = (_about(number) for number in estimate.unreached)
    if not least:
        return f"Up to {_people(most)} may not be reached before the expiry."
    if least == most:
        return f"About {_people(most)} will not be reached before the expiry."
    return f"About {least:,} to {_people(most)} will not be reached before the expiry."


def _length(length: timedelta) -> str:
    """Return a length as people say it: `4 min`, `40 min`, `5 h`, `3 d`."""
    step = next((step for below, step in STEPS if length < below), DAY)
    number = max(round(length / step), 1)
    if step >= HOUR:
        return f"{number} {'h' if step == HOUR else 'd'}"
    return f"{number * (step // MINUTE)} min"


def _to_five(at: datetime) -> datetime:
    """Return the moment to the next five minutes, as good as an estimate is."""
    return at + (5 * MINUTE - timedelta(minutes=at.minute % 5, seconds=at.second, microseconds=at.microsecond)) % (
        5 * MINUTE
    )


def percent(share: float) -> str:
    """Return a share as `14 %`, never as none where there is one."""
    return f"{round(share * 100)} %" if share >= 0.005 else "under 1 %"


def _about(number: int) -> int:
    """Return a number of people to two digits, as good as an estimate is."""
    digits = max(len(str(number)) - 2, 0)
    return round(number, -digits)


def _people(number: int) -> str:
    return f"{number:,} {'person' if number == 1 else 'people'}"
