"""How pages speak of a batch, and of a campaign with its batches."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batches.words.tones import REQUESTS, STATUSES, Tone
from common.moments import NOTHING
from common.untrusted import visible

NO_STATUS = "no status"


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of the bar; `start` and `width` in thousandths of its length, `percent` rounded for people."""

    state: str
    count: int
    tone: Tone
    start: float
    width: float
    percent: int

    @property
    def words(self) -> str:
        """What the part stands for, and how many."""
        return f"{visible(self.state) or NO_STATUS} {self.count}"


@dataclass(frozen=True, slots=True)
class Detail:
    """One line of the detailed counts: a status of requests, and how many there are by the channel's word."""

    index: int
    state: str
    count: str
    channels: tuple[tuple[str, str], ...]


def detailed(counts: Mapping[str, Any]) -> list[Detail]:
    """Return `detailed_status_counts` line by line, without whatever differs from the API's documents."""
    lines = []
    for index, (state, breakdown) in enumerate(counts.items()):
        if isinstance(breakdown, Mapping):
            found = breakdown.get("counts")
            channels = (
                tuple((str(name), str(count)) for name, count in found.items()) if isinstance(found, dict) else ()
            )
            lines.append(Detail(index, str(state), str(breakdown.get("total_count", NOTHING)), channels))
    return lines


def segments(counts: Mapping[str, int]) -> list[Segment]:
    """Return the bar of a batch's requests by status, in the order of their life; unknown statuses come last."""
    return _segments(counts, REQUESTS)


def status_segments(counts: Mapping[str, int]) -> list[Segment]:
    """Return the bar of a campaign's batches by status, running ones first; unknown statuses come last."""
    return _segments(counts, STATUSES)


def _segments(counts: Mapping[str, int], tones: Mapping[str, Tone]) -> list[Segment]:
    known = [state for state in tones if state in counts]
    states = known + sorted(state for state in counts if state not in tones)
    total = sum(max(count, 0) for count in counts.values())
    found, start = [], 0.0
    for state in states:
        count = max(counts[state], 0)
        if count:
            width = 1000 * count / total
            percent = round(100 * count / total)
            found.append(Segment(state, count, tones.get(state, Tone.PURPLE), round(start, 2), width, percent))
            start += width
    return found
