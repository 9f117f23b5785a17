"""How the watcher is doing: whether what it last saw can be relied on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from batches.models import WatchState

# The watcher counts as silent after so many of its intervals without a try, but never before SILENT_AFTER.
SILENT_INTERVALS = 4
SILENT_AFTER = timedelta(minutes=2)


class Watch(StrEnum):
    """What the watcher does. OFF: nobody wants it to look. NEVER: it has not looked yet. SILENT: no process tries."""

    LOOKING = "looking"
    FAILING = "failing"
    SILENT = "silent"
    NEVER = "never"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Watching:
    """What the watcher does, at `now` by the clock of the database; for the others see `WatchState`.

    `since` is since when it cannot look, None where it can, or where nobody knows.
    """

    watch: Watch
    now: datetime
    looked_at: datetime | None = None
    since: datetime | None = None
    problem: str = ""
    retry_at: datetime | None = None

    @property
    def is_old(self) -> bool:
        """Whether what it saw is shown, but does not follow what happens any more."""
        return self.looked_at is not None and self.watch != Watch.LOOKING


def watching() -> Watching:
    """Return how the watcher is doing. Takes one query; nothing of it is about any batch."""
    state = WatchState.objects.annotate(now=Now()).first()
    is_on = settings.WATCH_INTERVAL > 0
    if state is None:
        return Watching(Watch.NEVER if is_on else Watch.OFF, timezone.now())
    now: datetime = state.now
    if not is_on:
        return Watching(Watch.OFF, now, state.looked_at, state.looked_at)
    tried_at = state.tried_at or state.looked_at
    # After a failure it waits before it tries again.
    heard_of = max(filter(None, (tried_at, state.retry_at)), default=None)
    if heard_of and heard_of < now - max(SILENT_AFTER, SILENT_INTERVALS * timedelta(seconds=settings.WATCH_INTERVAL)):
        return Watching(Watch.SILENT, now, state.looked_at, tried_at)
    if state.failing_since:
        return Watching(Watch.FAILING, now, state.looked_at, state.failing_since, state.problem, state.retry_at)
    return Watching(Watch.LOOKING if state.looked_at else Watch.NEVER, now, state.looked_at)
