"""What lists last showed, kept in this process for when Syllable does not answer."""

import threading
from collections.abc import Hashable
from typing import Generic, TypeVar

from cachetools import LRUCache

Seen = TypeVar("Seen")


class LastSeen(Generic[Seen]):
    """The values of the `most` keys used last. Values are not copied, so never modify one."""

    def __init__(self, most: int) -> None:
        self._seen: LRUCache[Hashable, Seen] = LRUCache(most)
        self._lock = threading.Lock()

    def keep(self, key: Hashable, seen: Seen) -> None:
        """Remember `seen`, and drop the least recently used values beyond the limit."""
        with self._lock:
            self._seen[key] = seen

    def get(self, key: Hashable) -> Seen | None:
        """Return what was last kept under `key`, None where there is nothing."""
        with self._lock:
            return self._seen.get(key)
