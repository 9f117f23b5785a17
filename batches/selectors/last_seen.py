"""What lists last showed, kept in this process for the time in which Syllable does not answer."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Seen = TypeVar("Seen")


class LastSeen(Generic[Seen]):
    """The newest of each of the `most` keys that were kept last. Kept as it is, so it must never be changed."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: OrderedDict[Hashable, Seen] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, key: Hashable, seen: Seen) -> None:
        """Remember `seen`, and forget what was kept longest ago where there is too much."""
        with self._lock:
            self._seen[key] = seen
            self._seen.move_to_end(key)
            if len(self._seen) > self._most:
                self._seen.popitem(last=False)

    def get(self, key: Hashable) -> Seen | None:
        """What was last kept under `key`, None where there is nothing."""
        with self._lock:
            return self._seen.get(key)
