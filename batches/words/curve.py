"""How the page of a batch draws its requests over time, and what it says of their end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from batches.words.time_left import ends_about, not_reached, pace_words, time_left
from batches.words.trend import HEIGHT, WIDTH
from common.moments import clock

MOST_ROWS = 12


@dataclass(frozen=True, slots=True)
class Curve:
    """Paths of all requests that had ended and of those that had failed. The whole height is `most` requests."""

    ended: str
    failed: str
    most: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class OutlookLine:
    """One line about what is to come. `is_loud` says that people will not be reached."""

    text: str
    is_loud: bool = False


def batch_outlook(page: Any) -> list[OutlookLine]:
    """Return what is said of the requests under way and of their end (`selectors.batch.BatchPage`)."""
    ahead = page.estimate
    words = [_under_way(page), *([time_left(ahead), ends_about(ahead), pace_words(ahead)] if ahead else [])]
    unreached = not_reached(ahead) if ahead else ""
    lines = [OutlookLine(" · ".join(filter(None, words)))]
    return lines + ([OutlookLine(unreached, is_loud=True)] if unreached else [])


def _under_way(page: Any) -> str:
    counts, seen = page.counts, page.sighting
    if not counts.untold:
        return _number_under_way(counts.under_way)
    if seen and seen.under_way is not None and seen.counted_at:
        return f"{_number_under_way(seen.under_way)} as of {clock(seen.counted_at)}"
    return f"{counts.untold:,} connected, which may have ended"


def _number_under_way(count: int) -> str:
    return f"{count:,} {'request' if count == 1 else 'requests'} under way"


def curve_picture(page: Any) -> Curve:
    """Return the picture of the batch's samples, with what was read now as its last point."""
    moments, ended, failed = zip(*_points(page), strict=True)
    most = max(1, page.told.total if page.told else 0, *ended)
    start, length = moments[0], (moments[-1] - moments[0]).total_seconds() or 1.0

    def area(counts: Sequence[int]) -> str:
        corners = [
            f"L{WIDTH * (at - start).total_seconds() / length:.1f} {HEIGHT * (1 - count / most):.1f}"
            for at, count in zip(moments, counts, strict=True)
        ]
        return f"M0 {HEIGHT}{''.join(corners)}V{HEIGHT}z"

    return Curve(area(ended), area(failed), most, start, moments[-1])


def curve_rows(page: Any) -> Sequence[Any]:
    """Return some points of the curve for a table, newest first."""
    every = max(1, -(-len(page.curve) // MOST_ROWS))
    return page.curve[::-every]


def curve_words(page: Any) -> str:
    """Return what the picture shows in a sentence."""
    (start, before, _), (end, ended, failed) = _points(page)[0], _points(page)[-1]
    period = f"from {clock(start, seconds=False)} to {clock(end, seconds=False)}"
    return f"Requests ended {period}: {before:,} to {ended:,}, of which {failed:,} failed."


def _points(page: Any) -> list[tuple[datetime, int, int]]:
    points = [(point.at, point.ended, point.failed) for point in page.curve]
    if page.told and page.read_at > points[-1][0]:
        points.append((page.read_at, page.told.ended, page.told.failed))
    return points
