"""Noticing that the API does not answer, so that not every page has to find out for itself."""

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

    A failure is what says that the API is unwell: no connection, no answer in time, 5xx, an answer that cannot be read.
    A refusal is an answer. While it is open, one call every PAUSE_SECONDS may try. Safe to share between threads.
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
        """When the first of the calls began that opened it, None while it is closed."""
        with self._lock:
            return self._since()

    def admit(self, *, may_try: bool) -> None:
        """Raise NotAnswering while it is open, but for one call every PAUSE_SECONDS of those that `may_try`."""
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
        """The body is one call: how it ends tells how the API is. A failure learns since when there are failures."""
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
        """In the later half of the time since, as the API may have fallen silent just after it."""
        with self._lock:
            return self._answered_at > (began + self._clock()) / 2

    def _failed(self, began: float) -> datetime | None:
        with self._lock:
            # A call that is older than the last answer says nothing about the time after it.
            if began < self._answered_at:
                return None
            now = self._clock()
            if self._failures == 0:
                self._failing_since = datetime.now(UTC) - timedelta(seconds=now - began)
            self._failures += 1
            if self._failures >= FAILURES:
                self._tried_at = now
            return self._since()
