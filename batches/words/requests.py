"""How pages draw how far the requests of something are: one bar everywhere, in the tones of the requests' statuses."""

from dataclasses import dataclass
from typing import Any

from batches.words.progress import BAR_LENGTH, Part
from batches.words.tones import REQUESTS, Tone

# What stands in the bar, in its order. Requests that have not begun are its background.
ENDED, FAILED, UNDER_WAY = REQUESTS["COMPLETED"], REQUESTS["FAILED"], REQUESTS["INITIATED"]


@dataclass(frozen=True, slots=True)
class PeopleStage:
    """So many people are so far, in words, and in the tone of the bar."""

    words: str
    count: int
    tone: Tone


def people_stages(counts: Any) -> list[PeopleStage]:
    """Return the legend of the bar of something whose requests are counted, in the words of the other pictures."""
    found = (
        PeopleStage("ended", counts.ended, ENDED),
        PeopleStage("of these failed", min(counts.failed or 0, counts.ended), FAILED),
        PeopleStage("under way", counts.under_way or 0, UNDER_WAY),
        PeopleStage("still to reach", counts.pending or 0, REQUESTS["PENDING"]),
    )
    return [stage for stage in found if stage.count]


def request_parts(counts: Any) -> list[Part]:
    """Return the bar of something with `total`, `ended`, `failed` and `under_way`; nothing where these are not known.

    The parts are in thousandths of its length.
    """
    if not counts.total or counts.ended is None:
        return []
    failed = min(counts.failed or 0, counts.ended)
    found, start = [], 0.0
    numbers: tuple[tuple[Tone, int], ...] = (
        (ENDED, counts.ended - failed),
        (FAILED, failed),
        (UNDER_WAY, counts.under_way or 0),
    )
    for tone, number in numbers:
        width = min(BAR_LENGTH * number / counts.total, BAR_LENGTH - start)
        if width > 0:
            found.append(Part(tone, round(start, 2), round(width, 2)))
            start += width
    return found
