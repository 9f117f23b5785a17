"""Backoff: growing pauses between the tries at something that keeps failing."""

import time

from django.db import InterfaceError, InternalError, OperationalError

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0
# A failure after so long a time follows a success.
FORGOTTEN_AFTER_SECONDS = 60.0

# The database is busy, full or down. Its other errors are about the statement.
DatabaseTrouble = (OperationalError, InterfaceError, InternalError)


class Backoff:
    """Each pause is twice as long as the one before, from `first` to `longest` seconds, until something succeeds."""

    def __init__(self, *, first: float = FIRST_PAUSE, longest: float = LONGEST_PAUSE) -> None:
        self._first, self._longest = first, longest
        self._next = first
        self._over_at = 0.0

    def begin(self) -> float:
        """Begin the next pause now; return its seconds."""
        now = time.monotonic()
        if now - self._over_at > FORGOTTEN_AFTER_SECONDS:
            self.end()
        pause, self._next = self._next, min(self._next * 2, self._longest)
        self._over_at = now + pause
        return pause

    def end(self) -> None:
        """Reset after a success: the next pause is a short one again."""
        self._next, self._over_at = self._first, 0.0

    @property
    def remaining(self) -> float:
        """The seconds left of the pause, 0 where there is none."""
        return max(0.0, self._over_at - time.monotonic())
