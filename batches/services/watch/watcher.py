"""The watcher: one process of all looks, turn by turn, and says how it is doing."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from batches.models import WatchProblem, WatchState
from batches.services.watch.budget import LONGEST_PAUSE_SECONDS, Budget
from batches.services.watch.calls import Calls, Failures
from batches.services.watch.clock import DatabaseClock
from batches.services.watch.departure import LeaseLost, TurnOver
from batches.services.watch.full_look import campaigns, full_look
from batches.services.watch.holds import held_pause
from batches.services.watch.reads import active, missing, not_believed, resting, stopped
from batches.services.watch.silence import silence
from batches.services.watch.thin import samples_thin
from batches.services.watch.totals import campaigns_all
from batches.services.watch.turn import Turn
from batches.services.watch.walk import walk
from batches.services.watch.zones import zones
from common.backoff import Backoff
from common.lease import WorkLease
from syllable.errors import KeyRefused, RateLimited, Refused, SyllableError, UnreadableAnswer

logger = structlog.get_logger(__name__)

# Beyond the longest call: after that the lease of a dead process ends.
LEASE_MARGIN = 5.0
# The pauses after failures grow to so many seconds.
LONGEST_PAUSE = 300.0
# Between two looks for what has grown old.
THIN_EVERY = 600.0
# Before others have theirs, a turn gives so much of its time to what stops have stopped, then to what lists have lost,
# then to the lists, and then to what these show and nobody believes.
SILENCE_SHARE, LOSTS_SHARE, WALKS_SHARE, DOUBTS_SHARE = 0.3, 0.4, 0.6, 0.8
OVER = object()


class Watcher:
    """Looks every `interval` seconds, while this process has the lease."""

    def __init__(self, *, interval: float) -> None:
        self.lease = WorkLease("watch", length=timedelta(seconds=settings.SYLLABLE_TIMEOUT + LEASE_MARGIN))
        self._interval = interval
        self._budget = Budget(settings.WATCH_CALLS_PER_MINUTE)
        self._failures = Failures()
        self._kept: dict[str, Any] = {}
        self._pauses = Backoff(first=interval, longest=max(interval, LONGEST_PAUSE))
        self._next_at = self._thin_at = 0.0
        # Whether nothing was seen that is not added up.
        self._is_added_up = False

    def tick(self) -> None:
        """Look if a look is due. Called every second or so, which also renews the lease."""
        if self._leads() and time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + self._interval
            self.look()

    def look(self) -> None:
        """Take one turn: as much of what is to be read as fits into the time until the next."""
        if not self._leads():
            return
        state, now = _state()
        clock = DatabaseClock(now)
        calls = Calls(lease=self.lease, budget=self._budget, clock=clock, seconds=self._interval)
        turn = Turn(state, calls, self._failures, began=now, kept=self._kept)
        if not self._is_added_up:
            turn.campaigns |= campaigns_all()
        failure, self._is_added_up = None, False
        try:
            _take(turn)
        except LeaseLost:
            return
        except SyllableError as error:
            failure = error
        try:
            _pause_held(turn)
            turn.end()
        except LeaseLost:
            return
        self._is_added_up = True
        if time.monotonic() >= self._thin_at and not samples_thin(state):
            self._thin_at = time.monotonic() + THIN_EVERY
        self._told(turn, failure)

    def _leads(self) -> bool:
        """Take or renew the lease."""
        if self.lease.renew():
            return True
        # Whoever has it meanwhile may die before what was seen is added up.
        self._is_added_up = False
        return self.lease.hold()

    def _told(self, turn: Turn, failure: SyllableError | None) -> None:
        """Write how the turn went, and wait longer and longer while turns fail."""
        state = turn.state
        state.tried_at, state.calls, state.seconds = turn.began, turn.calls.number, turn.calls.seconds
        if failure is not None:
            pause = max(self._pauses.begin(), _asked(failure))
            self._next_at = time.monotonic() + pause
            state.problem = _problem(failure)
            state.failing_since = state.failing_since or turn.began
            state.retry_at = turn.calls.clock.now() + timedelta(seconds=pause)
            logger.warning("watch_failed", problem=state.problem, again_in=round(pause))
        elif turn.calls.answered:
            self._pauses.end()
            state.problem, state.failing_since, state.retry_at = "", None, None
        with transaction.atomic():
            if self.lease.keep():
                state.save()


def _take(turn: Turn) -> None:
    """Let the jobs have the turn's time: first the lists, then in turns what else there is."""
    try:
        for _ in stopped(turn):
            pass
        stops = silence(turn)
        _begin(turn, stops, until=SILENCE_SHARE)
        # What the last walk has lost, or it would never be complete while each turn has time for a walk alone.
        _begin(turn, missing(turn), until=LOSTS_SHARE)
        lists = walk(turn)
        _begin(turn, lists, until=WALKS_SHARE)
        _begin(turn, not_believed(turn), until=DOUBTS_SHARE)
        _pause_held(turn)
        single = active(turn)
        beside = chain(campaigns(turn), zones(turn))
        # Active batches have the largest share, but not all of it: lists show how far the others are, too.
        doubts = not_believed(turn)
        jobs = [beside, stops, doubts, missing(turn), single, full_look(turn), single, lists, resting(turn)]
        while jobs:
            jobs = [job for job in jobs if next(job, OVER) is not OVER]
    except LeaseLost:
        raise
    except TurnOver:
        return


def _pause_held(turn: Turn) -> None:
    """Queue one pause of what runs under a hold, and of what may, once anything was found. Raises LeaseLost."""
    if not turn.has_paused:
        turn.has_paused = held_pause(lease=turn.calls.lease, doubtful=turn.doubtful) is not None


def _begin(turn: Turn, job: Iterator[None], *, until: float) -> None:
    """Let a job have this share of the turn's time, or what it needs of that."""
    for _ in job:
        if turn.calls.share > until:
            return


def _state() -> tuple[WatchState, datetime]:
    """Return the state, and the time by the clock of the database."""
    WatchState.objects.get_or_create(pk=1)
    state = WatchState.objects.annotate(now=Now()).get(pk=1)
    return state, state.now


def _asked(error: SyllableError) -> float:
    return min(error.retry_after or 0.0, LONGEST_PAUSE_SECONDS) if isinstance(error, RateLimited) else 0.0


def _problem(error: SyllableError) -> WatchProblem:
    match error:
        case KeyRefused():
            return WatchProblem.KEY_REFUSED
        case RateLimited():
            return WatchProblem.RATE_LIMITED
        case UnreadableAnswer() | Refused():
            return WatchProblem.UNREADABLE
    return WatchProblem.UNAVAILABLE
