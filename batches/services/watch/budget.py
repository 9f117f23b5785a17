"""How many calls the watcher may make."""

import time
from collections.abc import Callable

# The share of a minute's calls that may go out at once.
BURST = 1 / 6
# After a 429 the pace is half of what it was, and back at the whole after so many seconds without one.
RECOVERY_SECONDS = 600.0
LEAST_SHARE = 1 / 32
# Where a 429 does not say how long to wait, and the longest wait that is obeyed.
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 600.0


class Budget:
    """A token bucket: within any minute at most `per_minute` calls."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._most = max(1.0, per_minute * BURST)
        self._rate = max(per_minute - self._most, per_minute / 2) / 60
        self._tokens, self._counted_at = self._most, clock()
        self._share, self._held_until = 1.0, 0.0

    def pause(self) -> float:
        """Return the seconds until the next call may be made, 0 for at once."""
        self._refill()
        held = max(0.0, self._held_until - self._clock())
        missing = max(0.0, 1.0 - self._tokens) / (self._rate * self._share)
        return max(held, missing)

    def take(self) -> None:
        """Count one call."""
        self._refill()
        self._tokens -= 1.0

    def refused(self, retry_after: float | None) -> float:
        """Halve the pace after a 429, and hold all calls for the seconds that are returned."""
        self._refill()
        self._share = max(self._share / 2, LEAST_SHARE)
        self._tokens = min(self._tokens, 1.0)
        pause = min(PAUSE_SECONDS if retry_after is None else retry_after, LONGEST_PAUSE_SECONDS)
        self._held_until = self._clock() + pause
        return pause

    def _refill(self) -> None:
        now = self._clock()
        passed, self._counted_at = now - self._counted_at, now
        self._tokens = min(self._most, self._tokens + passed * self._rate * self._share)
        if now > self._held_until:
            self._share = min(1.0, self._share + passed / RECOVERY_SECONDS)
