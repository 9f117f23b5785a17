"""A circuit breaker: it notices that the API does not answer, so that not every page has to wait and see."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from syllable.errors import NotAnswering, RateLimited, SyllableError, SyllableUnavailable

FAILURES = 3
PAUSE_SECONDS = 5.0


class CircuitBreaker:
    """Opens after FAILURES calls in a row without a usable answer, and closes with the next answer.

    A failure is a sign that the API is unwell: no connection, no answer in time, 5xx, an unreadable answer. A refusal
    is an answer. While the breaker is open, one call every PAUSE_SECONDS may try. Safe to share between threads.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._failing_since: datetime | None = None
        self._answered_at = clock()
        self._tried_at = 0.0

    @property
    def since(self) -> datetime | None:
        """The beginning of the first of the calls that opened the breaker, None while it is closed."""
        with self._lock:
            return self._since()

    def admit(self, *, may_try: bool) -> None:
        """Raise NotAnswering while the breaker is open. Of the calls that `may_try`, one every PAUSE_SECONDS passes."""
        with self._lock:
            since = self._since()
            if since is None:
                return
            now = self._clock()
            if may_try and now >= self._tried_at + PAUSE_SECONDS:
                self._tried_at = now
                return
        raise NotAnswering(since)

    @contextmanager
    def judging(self) -> Iterator[None]:
        """Judge the API by how the body, one call, ends. A failure learns since when calls have failed."""
        began = self._clock()
        try:
            yield
        except RateLimited:
            self._answered()
            raise
        except SyllableUnavailable as error:
            error.answers_others = self._has_answered_since(began)
            error.since = self._failed(began)
            raise
        except SyllableError:
            self._answered()
            raise
        self._answered()

    def _since(self) -> datetime | None:
        return self._failing_since if self._failures >= FAILURES else None

    def _answered(self) -> None:
        with self._lock:
            self._failures = 0
            self._answered_at = self._clock()

    def _has_answered_since(self, began: float) -> bool:
        """Return whether the API answered in the later half of the time since `began`; earlier proves little."""
        with self._lock:
            return self._answered_at > (began + self._clock()) / 2

    def _failed(self, began: float) -> datetime | None:
        with self._lock:
            # A call older than the last answer says nothing about the time after that answer.
            if began < self._answered_at:
                return None
            now = self._clock()
            if self._failures == 0:
                self._failing_since = datetime.now(UTC) - timedelta(seconds=now - began)
            self._failures += 1
            if self._failures >= FAILURES:
                self._tried_at = now
            return self._since()
