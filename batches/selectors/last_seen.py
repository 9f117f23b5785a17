"""What lists last showed, kept in this process for the time in which Syllable does not answer."""

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache

Seen = TypeVar("Seen")


class LastSeen(Generic[Seen]):
    """The `most` keys that were used last, each with what was kept under it. Kept as it is, so never to be changed."""

    def __init__(self, most: int) -> None:
        self._seen: LRUCache[Hashable, Seen] = LRUCache(most)
        self._lock = threading.Lock()

    def keep(self, key: Hashable, seen: Seen) -> None:
        """Remember `seen`, and forget what was not used for longest where there is too much."""
        with self._lock:
            self._seen[key] = seen

    def get(self, key: Hashable) -> Seen | None:
        """What was last kept under `key`, None where there is nothing."""
        with self._lock:
            return self._seen.get(key)
