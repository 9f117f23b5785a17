"""How pages draw a batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template

from dashboard.templatetags.ui import NOTHING

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
    count: object
    parts: str


@register.filter
def detailed(counts: Mapping[str, Any]) -> list[Detail]:
    """`detailed_status_counts` line by line; what is not as the API documents it is left out."""
    lines = []
    for state, breakdown in counts.items():
        if isinstance(breakdown, Mapping):
            parts = breakdown.get("counts")
            words = ", ".join(f"{name} {count}" for name, count in parts.items()) if isinstance(parts, Mapping) else ""
            lines.append(Detail(str(state), breakdown.get("total_count", NOTHING), words))
    return lines


@register.filter
def segments(counts: Mapping[str, int]) -> list[Segment]:
    """The bar of a batch's requests by state, in the order in which requests go; states we do not know come last."""
    known = [state for state in REQUEST_STATES if state in counts]
    states = known + sorted(state for state in counts if state not in REQUEST_STATES)
    total = sum(max(count, 0) for count in counts.values())
    found, start = [], 0.0
    for state in states:
        count = max(counts[state], 0)
        if count:
            width = 1000 * count / total
            percent = round(100 * count / total)
            found.append(Segment(state, count, REQUEST_STATES.get(state, "purple"), round(start, 2), width, percent))
            start += width
    return found
