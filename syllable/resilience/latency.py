"""How long the calls of one lane take, and which calls under way take much longer: these hang."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from statistics import median

from syllable.errors import Refused

# Multiples of the usual time to answer, and a minimum: the time a busy machine takes to notice an answer.
HANGS_AFTER = 2.0
LEAST_SECONDS = 0.1
# Used before the first answer.
FIRST_GUESS = 0.25
REMEMBERED = 20


class Latency:
    """Times of reads and writes, kept apart because the API may be slower at one of them.

    Safe to share between threads.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._under_way: dict[int, tuple[bool, float]] = {}
        self._answered: dict[bool, deque[float]] = {kind: deque(maxlen=REMEMBERED) for kind in (False, True)}

    @contextmanager
    def measured(self, *, is_write: bool) -> Iterator[None]:
        """Measure one attempt of a call, the body, made by this thread. Only answered calls count as usual times."""
        thread, began = threading.get_ident(), self._clock()
        with self._lock:
            self._under_way[thread] = (is_write, began)
        is_answer = False
        try:
            yield
            is_answer = True
        except Refused:
            is_answer = True
            raise
        finally:
            with self._lock:
                del self._under_way[thread]
                if is_answer:
                    self._answered[is_write].append(self._clock() - began)

    @property
    def usual(self) -> float:
        """The seconds that an answer usually takes, for the slower of reads and writes."""
        with self._lock:
            return max(self._usual(False), self._usual(True))

    @property
    def calling(self) -> Set[int]:
        """The threads that have a call under way."""
        with self._lock:
            return set(self._under_way)

    @property
    def reading(self) -> Set[int]:
        """The threads that have a read under way."""
        with self._lock:
            return {thread for thread, (is_write, _) in self._under_way.items() if not is_write}

    @property
    def hanging(self) -> Set[int]:
        """The threads that have waited for an answer much longer than usual."""
        with self._lock:
            now = self._clock()
            return {thread for thread, (kind, began) in self._under_way.items() if now - began > self._patience(kind)}

    def _patience(self, is_write: bool) -> float:
        return max(LEAST_SECONDS, HANGS_AFTER * self._usual(is_write))

    def _usual(self, is_write: bool) -> float:
        answered = self._answered[is_write] or self._answered[not is_write]
        return median(answered) if answered else FIRST_GUESS
