"""All that is known of a change, in words: each field before and after, and each call to Syllable."""

from dataclasses import dataclass
from typing import Any

from batches import rules
from batches.models import Change
from batches.words.change import shown
from common.moments import NOTHING, exact
from common.untrusted import visible
from syllable.schemas import Timestamp, plain_text

STEPS = {"read": "Read", "write": "Write", "read_back": "Read back", "look": "Checked again"}


@dataclass(frozen=True, slots=True)
class FieldStory:
    """One field of a batch: as it was, as it was sent, and as it was last read, in words."""

    name: str
    before: str
    sent: str
    seen: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call to Syllable, in words."""

    at: str
    step: str
    method: str
    status: str
    error: str
    took: str


def all_fields(change: Change) -> list[FieldStory]:
    """Return every field that can be edited, as far as the batch was read for the change; none if it never was."""
    before = rules.snapshot(change.batch_before) if change.batch_before else change.loaded or {}
    seen = rules.snapshot(change.batch_seen) if change.batch_seen else {}
    sent = change.after or {}
    if not (before or seen):
        return []
    parts = (before, sent, seen)
    return [
        FieldStory(name, *(shown(part[name], name) if name in part else NOTHING for part in parts))
        for name in rules.EDITABLE
        if any(part.get(name) is not None for part in parts)
    ]


def road(change: Change) -> list[Call]:
    """Return the calls that the change took, oldest first, in the reader's zone."""
    return [_call(step) for step in change.steps if isinstance(step, dict)]


def _call(step: dict[str, Any]) -> Call:
    seconds = step.get("seconds")
    return Call(
        at=exact(Timestamp.read(plain_text(step.get("at")))),
        step=STEPS.get(str(step.get("step")), visible(step.get("step"))),
        method=visible(step.get("method")),
        status=visible(step.get("status")) or "no answer",
        error=visible(step.get("error")),
        took=f"{seconds:.2f} s" if isinstance(seconds, int | float) else NOTHING,
    )
