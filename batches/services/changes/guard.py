"""What may speak against a write right before it is sent."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from syllable.schemas import Batch


class Reason(Enum):
    """Why a write must not be sent, or not any more."""

    OUTSIDE = "outside"
    LEASE_LOST = "lease_lost"
    STOPPED = "stopped"
    CHANGED_SINCE = "changed_since"
    HELD = "held"
    LIFTED = "lifted"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A guard's answer for a write that must not be sent; `sentence` is for people."""

    reason: Reason
    sentence: str


# Called right before a write with the batch just read; returns None where the write may be sent.
Guard = Callable[[Batch], Refusal | None]
