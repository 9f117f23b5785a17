"""The moment by which something has to be over."""

from time import monotonic
from typing import Self


class Deadline:
    """A moment `seconds` from now, on a clock that nobody can set."""

    def __init__(self, seconds: float) -> None:
        self._at = monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left, 0 once the deadline has passed."""
        return max(0.0, self._at - monotonic())

    @property
    def expired(self) -> bool:
        return self.remaining() == 0

    def capped(self, seconds: float) -> Self:
        """Return the earlier of this deadline and `seconds` from now."""
        return type(self)(min(seconds, self.remaining()))
