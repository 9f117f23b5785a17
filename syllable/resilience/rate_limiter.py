"""How fast one lane calls: without limit until the API answers 429."""

import threading
import time
from collections.abc import Callable

from syllable.errors import RateLimited
from syllable.resilience.deadline import Deadline

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 60.0
FIRST_STEP = 0.02
LONGEST_STEP = 2.0
RECOVERY = 0.95


class RateLimiter:
    """One pace for all threads of a lane.

    A 429 holds all calls for as long as the API asked, or else for a time that doubles with each 429. After that the
    calls go one by one, `step` seconds apart: each answer shortens the step, each 429 doubles it. Several 429s to calls
    that were under way together count as one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pause = 0.0
        self._step = 0.0
        self._next = 0.0

    @property
    def held_for(self) -> float:
        """Seconds until the next call may begin."""
        with self._lock:
            return max(0.0, self._next - self._clock())

    def wait(self, deadline: Deadline) -> None:
        """Return when it is the caller's turn. Raises RateLimited at once where that is past the deadline."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            if turn - now > deadline.remaining():
                raise RateLimited("Syllable asked to wait.", retry_after=turn - now)
            if self._step:
                self._next = turn + self._step
        if turn > now:
            time.sleep(turn - now)

    def answered(self) -> None:
        """Record that the API took a call."""
        if not self._step:
            return
        with self._lock:
            self._pause = 0.0
            self._step = self._step * RECOVERY if self._step * RECOVERY > FIRST_STEP / 10 else 0.0

    def refused(self, retry_after: float | None) -> None:
        """Record a 429. `retry_after` is the wait the API asked for in seconds, None where it did not ask."""
        with self._lock:
            now = self._clock()
            if self._next - now > self._step * 2:
                # Another call under way at the same time already holds the lane.
                self._next = max(self._next, now + min(retry_after or 0.0, LONGEST_PAUSE))
                return
            self._pause = min(max(FIRST_PAUSE, self._pause * 2), LONGEST_PAUSE)
            self._step = min(max(FIRST_STEP, self._step * 2), LONGEST_STEP)
            self._next = now + min(self._pause if retry_after is None else retry_after, LONGEST_PAUSE)
