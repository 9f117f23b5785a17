"""How the history of a batch tells what Syllable did by itself, among the changes that people made."""

from collections.abc import Sequence
from typing import Any

from batches.models import PlatformEventKind

BY_ITSELF = {
    PlatformEventKind.STARTED: "started this batch",
    PlatformEventKind.ACTIVE_AGAIN: "made this batch active again",
    PlatformEventKind.IDLE: "made this batch idle",
    PlatformEventKind.EXPIRED: "let this batch expire",
    PlatformEventKind.FAILED: "marked this batch as failed",
}


def by_itself(event: Any) -> str:
    """Return what Syllable did (`PlatformEvent`)."""
    return BY_ITSELF[PlatformEventKind(event.kind)]


def with_events(history: Sequence[Any], events: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return changes and events as pairs of which one is None, newest first; changes keep their order."""
    lines: list[tuple[Any, Any]] = []
    left = list(events)
    for change in history:
        while left and left[0].seen_at > change.started_at:
            lines.append((None, left.pop(0)))
        lines.append((change, None))
    return lines + [(None, event) for event in left]
