"""When a batch will be done, from what its request counts did lately.

The number of requests that end in some minutes scatters like a Poisson variable. So of few requests the pace is only
known as a range, and so is the end.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Protocol

from batches.calling_hours import CallingHours

# The pace is that of the last five minutes; where few requests ended in them, that of a longer time.
SPANS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
# So many are not few.
ENOUGH = 30
# From so many ended requests on the pace counts as known: 8 of 10 times it is then within 13 %.
WELL_KNOWN = 100
# Eight of ten: the share of cases in which the end is to be within its range.
DEVIATIONS = 1.2816
# The shortest time from which a pace can be told: of few requests, and of enough.
SHORTEST, SHORTEST_OF_ENOUGH = timedelta(minutes=1), timedelta(seconds=5)
# The time that may lie between two looks at a batch that runs. After more the batch may have been paused in between.
GAP = timedelta(minutes=15)
# How far an estimate looks ahead.
HORIZON = timedelta(days=31)


class NoEstimate(StrEnum):
    """Why there is no estimate."""

    DONE = "done"
    PAUSED = "paused"
    # Nothing is known of the last 15 minutes, or not yet enough to tell a pace.
    NO_SAMPLES = "no_samples"
    CLOSED = "closed"
    NO_PROGRESS = "no_progress"


class Sampled(Protocol):
    """The requests of a batch at one moment (aware). `ended` includes the `failed` ones."""

    at: datetime
    pending: int
    under_way: int
    ended: int
    failed: int


@dataclass(slots=True)
class Sample:
    """The simplest of what is `Sampled`."""

    at: datetime
    pending: int
    under_way: int
    ended: int
    failed: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What lies ahead of a batch.

    `pace` is in ended requests per minute of open hours, None where unknown. The end lies between `ends_from` and
    `ends_until`, which are equal where the pace is well known; `ends_until` is None where nobody can say, and both are
    where `cause` says why. `unreached` is how many people will not have been contacted at the expiry, at least and at
    most; None without an expiry, and where everybody will have been. `share_failed` is a share of the ended requests,
    between 0 and 1. `knows_hours` says whether closed hours were left out.
    """

    pace: float | None = None
    is_uncertain: bool = True
    ends_from: datetime | None = None
    ends_until: datetime | None = None
    unreached: tuple[int, int] | None = None
    share_failed: float | None = None
    cause: NoEstimate | None = None
    knows_hours: bool = False


@dataclass(frozen=True, slots=True)
class _Pace:
    """What was seen in some open minutes: requests that ended, and that moved on at all."""

    ended: int
    moved: int
    minutes: float

    def has_slowed(self, longer: "_Pace") -> bool:
        """Return whether this pace, of the end of a longer time, is less than the pace of all that time explains."""
        return poisson_range(self.moved)[1] / self.minutes < poisson_range(longer.moved)[0] / longer.minutes

    @property
    def range(self) -> tuple[float, float]:
        """The requests a minute, at least and at most."""
        if self.moved >= WELL_KNOWN:
            return self.moved / self.minutes, self.moved / self.minutes
        low, high = poisson_range(self.moved)
        return low / self.minutes, high / self.minutes


def estimate(
    samples: Sequence[Sampled],
    *,
    now: datetime,
    hours: CallingHours | None = None,
    expires_at: datetime | None = None,
    reached_today: int | None = None,
    is_paused: bool = False,
) -> Estimate:
    """Return what lies ahead of a batch with these samples, oldest first.

    `hours` of None means that they are not known: then all hours count as open, and the estimate as uncertain.
    `reached_today` is how many people the campaign has contacted for the first time today; without a number those of
    this batch count. Daily maximums bound the people contacted, so they are only an approximation where people are
    tried again.
    """
    if not samples:
        return Estimate(cause=NoEstimate.PAUSED if is_paused else NoEstimate.NO_SAMPLES)
    last = samples[-1]
    share = last.failed / last.ended if last.ended > 0 else None
    pace = _pace(samples, hours)
    shown = pace.ended / pace.minutes if pace else None
    cause = _why_none(samples, pace, now=now, hours=hours, is_paused=is_paused)
    if cause or pace is None:
        unreached = _shut_out(last, hours, expires_at) if cause is NoEstimate.CLOSED else None
        return Estimate(shown, unreached=unreached, share_failed=share, cause=cause, knows_hours=hours is not None)
    slow, fast = pace.range
    caps = _Caps(hours, last.at, _reached_today(samples, hours) if reached_today is None else reached_today)
    ends_from, ends_until = (_reach(last, rate, hours, caps, _left(last))[0] for rate in (fast, slow))
    return Estimate(
        pace=shown,
        is_uncertain=slow != fast or hours is None or caps.may_bind(_left(last)),
        ends_from=max(ends_from or last.at + HORIZON, now),
        ends_until=max(ends_until, now) if ends_until else None,
        unreached=_unreached(last, (slow, fast), hours, caps, expires_at),
        share_failed=share,
        knows_hours=hours is not None,
    )


def poisson_range(seen: int) -> tuple[float, float]:
    """Return between which numbers the expected one lies, eight of ten times, where `seen` were seen.

    These are Byar's approximations of the exact bounds, which need no table.
    """
    low = seen * (1 - 1 / (9 * seen) - DEVIATIONS / (3 * math.sqrt(seen))) ** 3 if seen else 0.0
    more = seen + 1
    return max(low, 0.0), more * (1 - 1 / (9 * more) + DEVIATIONS / (3 * math.sqrt(more))) ** 3


def _left(sample: Sampled) -> int:
    return sample.pending + sample.under_way


def _why_none(
    samples: Sequence[Sampled], pace: _Pace | None, *, now: datetime, hours: CallingHours | None, is_paused: bool
) -> NoEstimate | None:
    last = samples[-1]
    if not _left(last):
        return NoEstimate.DONE
    if is_paused:
        return NoEstimate.PAUSED
    is_closed = hours is not None and not hours.is_open(now)
    if _is_longer(last.at, now, GAP, hours):
        return NoEstimate.NO_SAMPLES
    if pace and pace.ended:
        return None
    if is_closed:
        return NoEstimate.CLOSED
    return NoEstimate.NO_SAMPLES if pace is None or pace.moved else NoEstimate.NO_PROGRESS


def _pace(samples: Sequence[Sampled], hours: CallingHours | None) -> _Pace | None:
    """Return what the newest samples show of the pace, None where they show none."""
    last, found = samples[-1], None
    for span in SPANS:
        first = _first_within(samples, span, hours)
        passed, ended = _open(first.at, last.at, hours), max(last.ended - first.ended, 0)
        # Requests end some time after they began. While a batch starts, those that began tell more.
        moved = max(ended, first.pending - last.pending)
        if passed < (SHORTEST_OF_ENOUGH if moved >= ENOUGH else SHORTEST):
            continue
        longer = _Pace(ended, moved, passed / timedelta(minutes=1))
        if found and found.has_slowed(longer):
            break
        found = longer
        if found.moved >= ENOUGH:
            break
    return found


def _first_within(samples: Sequence[Sampled], span: timedelta, hours: CallingHours | None) -> Sampled:
    """Return the oldest sample not further back from the newest than `span`, at least the last but one.

    Gaps end the way back, because the batch may have been paused in them.
    """
    last = first = samples[-1]
    for later, earlier in pairwise(reversed(samples)):
        is_far = _is_longer(earlier.at, last.at, span, hours) or _is_longer(earlier.at, later.at, GAP, hours)
        if is_far and _open(first.at, last.at, hours) >= SHORTEST:
            break
        first = earlier
        if is_far:
            break
    return first


def _is_longer(start: datetime, end: datetime, span: timedelta, hours: CallingHours | None) -> bool:
    # Most times are short, whatever the hours.
    return end - start > span and _open(start, end, hours) > span


def _open(start: datetime, end: datetime, hours: CallingHours | None) -> timedelta:
    if hours is None:
        return end - start
    return timedelta(seconds=hours.open_seconds(start, end))


@dataclass(frozen=True, slots=True)
class _Caps:
    """The daily maximums of a campaign that has contacted `reached` people on the day of `at`."""

    hours: CallingHours | None
    at: datetime
    reached: int

    @property
    def today(self) -> date | None:
        return self.at.astimezone(self.hours.zone).date() if self.hours else None

    def of(self, day: date | None) -> float:
        """Return how many people more can be contacted on a day."""
        cap = self.hours.day_cap(day) if self.hours and day else None
        if cap is None:
            return math.inf
        return max(cap - self.reached, 0) if day == self.today else cap

    def may_bind(self, left: int) -> bool:
        return self.of(self.today) < left


def _reached_today(samples: Sequence[Sampled], hours: CallingHours | None) -> int:
    if hours is None:
        return 0
    last = samples[-1]
    today = last.at.astimezone(hours.zone).date()
    if hours.day_cap(today) is None:
        return 0
    first = next(sample for sample in samples if sample.at.astimezone(hours.zone).date() == today)
    return max(first.pending - last.pending, 0)


def _reach(
    last: Sampled, rate: float, hours: CallingHours | None, caps: _Caps, wanted: int, until: datetime | None = None
) -> tuple[datetime | None, float]:
    """Return when `wanted` requests are reached at this rate a minute, and how many are by `until`."""
    done = 0.0
    so_far: dict[date | None, float] = {}
    for day, begin, end in _open_stretches(last.at, until or last.at + HORIZON, hours):
        room = caps.of(day) - so_far.get(day, 0.0)
        step = min(rate * ((end - begin) / timedelta(minutes=1)), room)
        if done + step >= wanted and rate:
            return begin + timedelta(minutes=(wanted - done) / rate), wanted
        so_far[day] = so_far.get(day, 0.0) + step
        done += step
    return None, done


def _open_stretches(
    start: datetime, end: datetime, hours: CallingHours | None
) -> Iterator[tuple[date | None, datetime, datetime]]:
    if hours is not None:
        yield from hours.by_day(start, end)
    elif start < end:
        yield None, start, end


def _shut_out(last: Sampled, hours: CallingHours | None, expires_at: datetime | None) -> tuple[int, int] | None:
    """Return whom a batch does not reach that expires before the hours open again, whatever its pace."""
    if hours is None or expires_at is None or not last.pending or hours.open_seconds(last.at, expires_at):
        return None
    return last.pending, last.pending


def _unreached(
    last: Sampled, rates: tuple[float, float], hours: CallingHours | None, caps: _Caps, expires_at: datetime | None
) -> tuple[int, int] | None:
    if expires_at is None or expires_at > last.at + HORIZON:
        return None
    slow, fast = (_reach(last, rate, hours, caps, last.pending, expires_at)[1] for rate in rates)
    least, most = max(last.pending - math.floor(fast + 0.5), 0), max(last.pending - math.floor(slow + 0.5), 0)
    return (least, most) if most else None
