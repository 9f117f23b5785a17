"""What Syllable said within the last hour, shared by all processes: for what hardly ever changes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.core.cache import caches
from django.utils.crypto import salted_hmac

from batches.selectors.parallel_reads import result_or_none, submit
from syllable.errors import NotFound, SyllableError
from syllable.resilience.deadline import Deadline

logger = structlog.get_logger(__name__)

KEPT_SECONDS = 60 * 60
# What is not there may be added soon, and an API that fails may answer again.
MISS_KEPT_SECONDS = 5 * 60
FAILURE_KEPT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer until a moment of `time.time()`; `value` is None where there was none."""

    value: Any
    until: float

    @property
    def seconds_left(self) -> float:
        return self.until - time.time()

    @property
    def stored(self) -> tuple[Any, float]:
        """What caches hold, which another version of this class can read."""
        return self.value, self.until


def hourly(what: str, read: Callable[[Deadline], Any], deadline: Deadline) -> Any:
    """Return what `read` returned within the last hour in any process, else what it returns now, in parallel.

    `what` names it within the account. Returns None where `read` has nothing, Syllable gives no answer before the
    deadline, or another process is asking right now. A late answer is kept for the next page of this process.
    """
    key = _key(what)
    found = _found(key)
    if found is None and _shared("add", f"{key}-asked", True, settings.SYLLABLE_TIMEOUT) is not False:
        # The read may take longer than the page waits.
        found = result_or_none(submit(_read, key, read, Deadline(settings.SYLLABLE_TIMEOUT)), deadline)
        if found:
            _shared("set", key, found.stored, found.seconds_left)
    return found.value if found else None


def _found(key: str) -> Kept | None:
    found = Kept(*(caches["local"].get(key) or (None, 0.0)))
    if found.seconds_left > 0:
        return found
    found = Kept(*(_shared("get", key) or (None, 0.0)))
    if found.seconds_left <= 0:
        return None
    caches["local"].set(key, found.stored, found.seconds_left)
    return found


def _read(key: str, read: Callable[[Deadline], Any], deadline: Deadline) -> Kept:
    """Read it in a thread of the pool, which may use the memory of this process but not the database."""
    try:
        value = read(deadline)
        seconds = MISS_KEPT_SECONDS if value is None else KEPT_SECONDS
    except NotFound:
        value, seconds = None, MISS_KEPT_SECONDS
    except SyllableError:
        value, seconds = None, FAILURE_KEPT_SECONDS
    kept = Kept(value, time.time() + seconds)
    caches["local"].set(key, kept.stored, seconds)
    return kept


def _shared(act: str, *args: Any) -> Any:
    """Use the cache that all processes share; None where it fails, because no page depends on it."""
    try:
        return getattr(caches["default"], act)(*args)
    except Exception:
        logger.exception("shared_cache_failed")
        return None


def _key(what: str) -> str:
    """Return a key that differs by account, and tells nobody the account's key."""
    secret = f"{settings.SYLLABLE_API_URL}\n{settings.SYLLABLE_API_KEY}\n{what}"
    return f"hourly-{salted_hmac('batches.hourly_cache', secret, algorithm='sha256').hexdigest()}"
