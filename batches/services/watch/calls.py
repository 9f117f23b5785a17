"""The calls of one turn of the watcher: within its budget and its time, and only while it has the lease."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from batches.api_client import syllable_client
from batches.services.watch.budget import Budget
from batches.services.watch.clock import DatabaseClock
from batches.services.watch.departure import Departure, EndedChanges, LeaseLost, TurnOver
from batches.services.watch.stops import is_stopping
from common.lease import WorkLease
from syllable.client import SyllableClient
from syllable.contracts import Contract
from syllable.errors import RateLimited, SyllableError
from syllable.resilience.bulkhead import Lane

Answer = TypeVar("Answer")
LONGEST_SLEEP = 1.0


class Calls:
    """Makes calls for `seconds` at most. `answered` counts those that had a usable answer.

    `api_ahead` is by how much the API's clock is ahead of the database's, None where it does not say: by a call's time
    too much, and by up to a second too little.

    While a stop is carried out only calls `for_stop` are made.
    """

    def __init__(self, *, lease: WorkLease, budget: Budget, clock: DatabaseClock, seconds: float) -> None:
        self.lease, self.clock, self.number, self.answered = lease, clock, 0, 0
        self.api_ahead: timedelta | None = None
        self._budget, self._began, self._seconds = budget, time.monotonic(), seconds
        self._client = syllable_client(Lane.WATCH)

    @property
    def contract(self) -> Contract:
        """The contract of the account."""
        return self._client.contract

    @property
    def seconds(self) -> float:
        """The seconds since the turn began."""
        return time.monotonic() - self._began

    @property
    def share(self) -> float:
        """The share of the turn's time that has passed."""
        return self.seconds / self._seconds

    def make(self, read: Callable[[SyllableClient], Answer], *, for_stop: bool = False) -> tuple[Answer, Departure]:
        """Make one call. Raises TurnOver without one if there is no room for it, else SyllableError."""
        self._wait()
        if is_stopping() and not for_stop:
            raise TurnOver
        ended = EndedChanges.now()
        departure = Departure(self.clock.now(), ended)
        self._budget.take()
        self.number += 1
        try:
            answer = read(self._client)
        except RateLimited as error:
            self._budget.refused(error.retry_after)
            raise
        self.answered += 1
        told = self._client.answered_at
        self.api_ahead = told - departure.at if told else None
        return answer, departure

    def _wait(self) -> None:
        """Wait for the budget, with the lease renewed meanwhile."""
        while True:
            if not self.lease.renew():
                raise LeaseLost
            pause = self._budget.pause()
            if self.seconds + pause > self._seconds:
                raise TurnOver
            if not pause:
                return
            time.sleep(min(pause, LONGEST_SLEEP))


class Failures:
    """Which batches could not be read lately, so that these do not keep others waiting."""

    SECONDS = 300.0
    MOST = 1000
    IN_A_ROW = 3

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._in_a_row = 0

    def __contains__(self, batch_id: str) -> bool:
        return self._until.get(batch_id, 0.0) > time.monotonic()

    def note(self, batch_id: str, error: SyllableError) -> None:
        """Note that a batch could not be read. Raises the error where that is not the batch's own trouble."""
        self._in_a_row += 1
        if self._in_a_row >= self.IN_A_ROW:
            self._in_a_row = 0
            raise error
        if len(self._until) >= self.MOST:
            self._until.clear()
        self._until[batch_id] = time.monotonic() + self.SECONDS

    def end(self) -> None:
        """Note that a batch could be read."""
        self._in_a_row = 0
