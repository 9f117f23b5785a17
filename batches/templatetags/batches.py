"""How pages draw a batch, and a campaign with its batches."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.safestring import SafeString

from dashboard.markup import fill
from dashboard.strangers import visible
from dashboard.templatetags.ui import NOTHING, STATUS_COLOURS
from syllable.schemas import Campaign

register = template.Library()

# The API's words for the state of a request, from done to not begun, with the colour of each in the bar.
REQUEST_STATES = {
    "COMPLETED": "green",
    "CONNECTED": "teal",
    "INITIATED": "blue",
    "PENDING": "gray",
    "DUPLICATE": "cyan",
    "CANCELED": "orange",
    "FAILED": "red",
}
BATCH_STATUSES = {**STATUS_COLOURS, "CANCELED": "gray"}
NO_STATUS = "no status"
BAR = """<svg class="bar" viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label="{words}">
  {parts}
</svg>"""
PART = """<rect class="bar-{colour}" x="{start}" y="0" width="{width}" height="12"><title>{words}</title></rect>"""
HOURS_UNKNOWN = "hours not known"
TO = "\N{EN DASH}"


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of the bar; `start` and `width` in thousandths of its length, `percent` rounded for people."""

    state: str
    count: int
    colour: str
    start: float
    width: float
    percent: int


@dataclass(frozen=True, slots=True)
class Detail:
    """One line of the detailed counts: a state of requests, and in words what its channel made of them."""

    state: str
    count: str
    parts: str


@register.filter
def detailed(counts: Mapping[str, Any]) -> list[Detail]:
    """`detailed_status_counts` line by line; what is not as the API documents it is left out."""
    lines = []
    for state, breakdown in counts.items():
        if isinstance(breakdown, Mapping):
            parts = breakdown.get("counts")
            words = ", ".join(f"{name} {count}" for name, count in parts.items()) if isinstance(parts, Mapping) else ""
            count = visible(str(breakdown.get("total_count", NOTHING)))
            lines.append(Detail(visible(str(state)), count, visible(words)))
    return lines


@register.filter
def segments(counts: Mapping[str, int]) -> list[Segment]:
    """The bar of a batch's requests by state, in the order in which requests go; states we do not know come last."""
    return _segments(counts, REQUEST_STATES)


@register.filter
def status_segments(counts: Mapping[str, int]) -> list[Segment]:
    """The bar of a campaign's batches by status, what runs first; statuses we do not know come last."""
    return _segments(counts, BATCH_STATUSES)


def _segments(counts: Mapping[str, int], colours: Mapping[str, str]) -> list[Segment]:
    known = [state for state in colours if state in counts]
    states = known + sorted(state for state in counts if state not in colours)
    total = sum(max(count, 0) for count in counts.values())
    found, start = [], 0.0
    for state in states:
        count = max(counts[state], 0)
        if count:
            width = 1000 * count / total
            percent = round(100 * count / total)
            found.append(Segment(state, count, colours.get(state, "purple"), round(start, 2), width, percent))
            start += width
    return found


@register.filter
def bar(segments: Iterable[Segment]) -> SafeString:
    """The segments as a picture that says in words what it shows."""
    words, parts = [], []
    for segment in segments:
        words.append(f"{visible(segment.state) or NO_STATUS} {segment.count}")
        place = {"colour": segment.colour, "start": segment.start, "width": segment.width}
        parts.append(fill(PART, words=words[-1], **place))
    return fill(BAR, words=", ".join(words), parts=SafeString("".join(parts)))


@register.filter
def calling_hours(campaign: Campaign | None) -> str:
    """From when to when a campaign may call, and in which zone; where one of them is missing, that they are unknown."""
    if not (campaign and campaign.timezone and campaign.daily_start_time and campaign.daily_end_time):
        return HOURS_UNKNOWN
    start, end = _to_the_minute(campaign.daily_start_time), _to_the_minute(campaign.daily_end_time)
    return visible(f"{start}{TO}{end} {campaign.timezone}")


def _to_the_minute(time: str) -> str:
    return time[:5] if re.fullmatch(r"\d\d:\d\d:\d\d", time) else time
