"""Pictures of requests over time: paths of SVG, and the same in words and in rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from batches.words.time_left import percent

# Units of the pictures: what they are drawn in, whatever their size on the screen.
STEP_WIDTH, BAR_WIDTH, HEIGHT, WIDTH = 10, 8, 100, 1000
STEPS_PER_ROW = 6


@dataclass(frozen=True, slots=True)
class Bars:
    """The trend as bars: paths of all that ended and of what failed of it, and the most that ended in one step."""

    ended: str
    failed: str
    width: int
    most: int


@dataclass(frozen=True, slots=True)
class TrendRow:
    """Half an hour of the trend as a row of a table."""

    since: datetime
    ended: int
    failed: int


def trend_bars(trend: Any) -> Bars:
    """Return the picture of a `selectors.trend.Trend`."""
    most = max((step.ended for step in trend.steps), default=0)
    bars: dict[str, list[str]] = {"ended": [], "failed": []}
    for number, step in enumerate(trend.steps):
        for name, count in (("ended", step.ended), ("failed", step.failed)):
            if count:
                height = max(round(HEIGHT * count / most, 1), 1)
                bars[name].append(f"M{number * STEP_WIDTH} {HEIGHT}v{-height:g}h{BAR_WIDTH}v{height:g}z")
    return Bars("".join(bars["ended"]), "".join(bars["failed"]), len(trend.steps) * STEP_WIDTH, most)


def trend_rows(trend: Any) -> list[TrendRow]:
    """Return the trend by half an hour, newest first."""
    rows = [
        TrendRow(steps[0].at, sum(step.ended for step in steps), sum(step.failed for step in steps))
        for steps in _grouped(trend.steps)
    ]
    return rows[::-1]


def trend_words(trend: Any) -> str:
    """Return what the picture shows in a sentence."""
    ended, failed = trend.ended, trend.failed
    since = hour(trend.steps[0].at)
    share = percent(failed / ended) if failed else "none"
    return f"Since {since}, {ended:,} requests ended and {share} of these failed."


def hour(at: datetime) -> str:
    """Return the time of day in the reader's zone to the minute, whatever the day."""
    return timezone.localtime(at).strftime("%H:%M")


def _grouped(steps: Sequence[Any]) -> list[Sequence[Any]]:
    return [steps[start : start + STEPS_PER_ROW] for start in range(0, len(steps), STEPS_PER_ROW)]
