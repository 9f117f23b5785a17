"""How many requests ended lately, from the samples of the campaigns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum

from batches.access import Scope
from batches.models import CampaignSample

# What one sample is about.
STEP = timedelta(minutes=5)
TREND_LENGTH = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class TrendStep:
    """How many requests ended in the five minutes from `at`, and how many of these failed."""

    at: datetime
    ended: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Trend:
    """The last hours until `until`, step by step without a gap; a step in which nothing was seen has zeros."""

    steps: Sequence[TrendStep]
    until: datetime

    @property
    def ended(self) -> int:
        return sum(step.ended for step in self.steps)

    @property
    def failed(self) -> int:
        return sum(step.failed for step in self.steps)

    @property
    def middle(self) -> datetime:
        return self.steps[len(self.steps) // 2].at

    @property
    def per_minute(self) -> float:
        """How many requests ended a minute in the last five minutes.

        These span two steps: of the one before the last, as much counts as lies within five minutes.
        """
        before, last = self.steps[-2:]
        gone = (self.until - last.at) / STEP
        return (last.ended + before.ended * (1 - gone)) / (STEP / timedelta(minutes=1))

    @property
    def newest(self) -> tuple[int, int]:
        """How many requests ended in the last two steps, and how many of these failed."""
        newest = self.steps[-2:]
        return sum(step.ended for step in newest), sum(step.failed for step in newest)


def trend(until: datetime, *, scope: Scope) -> Trend:
    """Return the six hours before `until`. Takes one query, by the index of the samples' moments."""
    last = _step_of(until)
    first = last - TREND_LENGTH + STEP
    samples = scope.limit(CampaignSample.objects.filter(at__gte=first, at__lte=until))
    summed = samples.order_by().values("at").annotate(all_ended=Sum("ended"), all_failed=Sum("failed"))
    found: dict[datetime, tuple[int, int]] = {}
    for row in summed:
        at = _step_of(row["at"])
        ended, failed = found.get(at, (0, 0))
        found[at] = ended + row["all_ended"], failed + row["all_failed"]
    moments = [first + STEP * number for number in range(TREND_LENGTH // STEP)]
    return Trend([TrendStep(at, *found.get(at, (0, 0))) for at in moments], until)


def _step_of(at: datetime) -> datetime:
    """Return the beginning of the five minutes that `at` lies in."""
    minutes = STEP // timedelta(minutes=1)
    return at.replace(minute=at.minute - at.minute % minutes, second=0, microsecond=0)
