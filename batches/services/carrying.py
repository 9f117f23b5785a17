"""Carrying out an operation, in a worker: finds its batches, writes each by the one road, and knows when to wait."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from functools import partial

import structlog
from django.conf import settings
from django.db import Error as DatabaseTrouble
from django.db import close_old_connections
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from batches.connection import syllable_client
from batches.models import Change, ChangeQuerySet, ItemState, Kind, Operation, OperationItem, Outcome, State
from batches.services.authority import authorized
from batches.services.crew import Crew
from batches.services.finding import is_listed, left_alone, operation_find, writes_elsewhere
from batches.services.items import MOST_ATTEMPTS, ItemWriter, LeaseLost
from batches.services.lease import Lease, lease_take
from batches.services.settling import words
from batches.syllable.deadline import Deadline
from batches.syllable.errors import SyllableError
from batches.syllable.gate import Lane
from batches.syllable.schemas import BatchQuery

logger = structlog.get_logger(__name__)

# How long an operation keeps its worker while others of its queue wait.
TURN_SECONDS = 5.0
# And while none does: some queues limit how long a task may take.
LONGEST_TURN_SECONDS = 300.0
RESUME_ASKS_AFTER = timedelta(minutes=15)
TICK_SECONDS = 0.5
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
MOST_LISTINGS = 50
FINDING, COUNTING = "finding", "counting"
DELAYED = "It was delayed by more than 15 minutes. Nobody is called before you say so again."

# An item, or a change that was left behind as its negative, or one of the two above.
Key = int | str


class End(Enum):
    """How a worker leaves an operation."""

    FINISHED = auto()
    AGAIN = auto()
    ASKING = auto()
    LOST = auto()


def operation_carry(operation_id: int, *, must_leave: Callable[[], bool] = lambda: False) -> bool:
    """Carry out an operation, as far as it goes now; True where it is to be queued again.

    Does nothing where another worker has it, or it is over. `must_leave` is asked again and again: True where the
    worker has to end.
    """
    lease = lease_take(operation_id)
    if lease is None:
        return False
    log = logger.bind(operation=operation_id)
    log.info("operation_taken")
    end = _carry(lease, must_leave)
    log.info("operation_left", end=end.name)
    return _leave(lease, end)


def _carry(lease: Lease, must_leave: Callable[[], bool]) -> End:
    operation = authorized(lease)
    if operation is None:
        return End.LOST
    with Crew[Key](settings.OPERATION_CONCURRENCY) as crew:
        return Carrier(operation, lease, ItemWriter(operation, lease), must_leave).carry(crew)


def _leave(lease: Lease, end: End) -> bool:
    if end is End.AGAIN:
        return lease.give_back()
    if end is End.FINISHED:
        lease.end(State.FINISHED)
    elif end is End.ASKING:
        lease.end(State.ASKING, detail=DELAYED)
    return False


@dataclass(slots=True)
class Carrier:
    """One worker's turn at one operation. Its thread hands out the items, the crew's threads write them.

    `left_behind` are the changes that a worker before this one began and did not end: until it is known what became of
    them their batches are not written. `outage` is how the API fails while it answers nobody; then nothing is handed
    out. `elsewhere` are the writes of others that a stop has to wait for. `newly_found` counts what the last listing
    found, and what it may have missed for those: the next one comes when all of that is written, and the operation is
    over when there is nothing. `may_write` is False until it is counted what was as wanted before.
    """

    operation: Operation
    lease: Lease
    writer: ItemWriter
    must_leave: Callable[[], bool]
    left_behind: list[Change] = field(default_factory=list)
    elsewhere: ChangeQuerySet = field(default_factory=Change.objects.none)
    ready: deque[OperationItem] = field(default_factory=deque)
    items: dict[int, OperationItem] = field(default_factory=dict)
    may_write: bool = True
    newly_found: int | None = None
    listings: int = 0
    failed_listings: int = 0
    outage: SyllableError | None = None
    pauses: int = 0
    ask_at: float = 0.0
    check_at: float = 0.0
    turn: Deadline = field(default_factory=lambda: Deadline(TURN_SECONDS))
    longest_turn: Deadline = field(default_factory=lambda: Deadline(LONGEST_TURN_SECONDS))

    def carry(self, crew: Crew[Key]) -> End:
        """Go on until it is done, somebody else's, or another's turn; what was begun is ended first."""
        self.left_behind = list(self.operation.changes.filter(outcome=Outcome.STARTED))
        self.writer.recall()
        if self.operation.is_stopping:
            self.elsewhere = writes_elsewhere(self.operation)
        if not is_listed(self.operation):
            self.newly_found = 0
        leaving: End | None = None
        while not (leaving and not crew.under_way):
            found = self._reason_to_leave()
            if found is End.LOST:
                return found
            leaving = leaving or found
            if not leaving and self._is_calling():
                self._hand_out(crew)
            if not leaving and not crew.under_way and self._is_done():
                return End.FINISHED
            for key, error in crew.done(timeout=self._patience()):
                leaving = leaving or self._ended(key, error)
        return leaving

    def _reason_to_leave(self) -> End | None:
        """Looked for often enough that the lease never ends by itself."""
        now = time.monotonic()
        if now < self.check_at:
            return None
        self.check_at = now + min(1.0, settings.OPERATION_LEASE / 3)
        try:
            if not (self.lease.renew() and self.writer.is_authorized()):
                return End.LOST
            if self._is_too_late():
                return End.ASKING
            if self.must_leave() or self.longest_turn.expired:
                return End.AGAIN
            if self.turn.expired and Operation.objects.waiting_beside(self.operation).exists():
                return End.AGAIN
        except DatabaseTrouble:
            # Busy or away for a moment. Whether the lease still is ours is asked again before each write.
            logger.exception("lease_not_renewed", operation=self.operation.pk)
            close_old_connections()
        return None

    def _is_too_late(self) -> bool:
        """Who is to be called was decided a while ago: only a person knows whether that still holds."""
        if self.operation.kind != Kind.RESUME:
            return False
        long_ago = Now() - RESUME_ASKS_AFTER
        lately = OperationItem.objects.filter(operation=OuterRef("pk"), finished_at__gte=long_ago)
        delayed = Operation.objects.filter(~Exists(lately), pk=self.operation.pk, confirmed_at__lt=long_ago)
        return delayed.exists()

    def _is_calling(self) -> bool:
        """Whether the API may be asked for something."""
        if self.outage is None:
            return syllable_client(Lane.OPERATIONS).held_for < TICK_SECONDS
        if time.monotonic() >= self.ask_at and self._answers():
            # A resume has to look at the clock before it goes on.
            self.check_at = 0.0
        return False

    def _answers(self) -> bool:
        """Ask the API for next to nothing. Where that fails the trouble is not one batch's: everything waits."""
        deadline = Deadline(min(settings.SYLLABLE_TIMEOUT, settings.OPERATION_LEASE / 3))
        try:
            syllable_client(Lane.OPERATIONS).list_batches(BatchQuery(limit=1), deadline=deadline)
        except SyllableError as error:
            self.outage = error
            self.ask_at = time.monotonic() + min(FIRST_PAUSE * 2**self.pauses, LONGEST_PAUSE)
            self.pauses += 1
            self.lease.note(f"{words(error)} It goes on by itself as soon as Syllable answers.")
            return False
        if self.outage is not None:
            self.outage, self.pauses = None, 0
            self.lease.note("")
        return True

    def _hand_out(self, crew: Crew[Key]) -> None:
        if self.newly_found is None and FINDING not in crew.under_way:
            if COUNTING not in crew.under_way and not self.operation.items.exists():
                self.may_write = False
                crew.submit(COUNTING, self._count)
            crew.submit(FINDING, self._find)
        for change in tuple(self.left_behind):
            if crew.has_room and -change.pk not in crew.under_way and _may_be_settled(change):
                crew.submit(-change.pk, partial(self._settle, change))
        while self.may_write and crew.has_room and (item := self._next(crew.size)):
            crew.submit(item.pk, partial(self._write, item))
        is_written = not crew.under_way and not self.left_behind
        if is_written and self.newly_found and not self.elsewhere.under_way().exists():
            crew.submit(FINDING, self._find)

    def _next(self, most: int) -> OperationItem | None:
        if not self.ready:
            waiting = (
                self.operation.items.filter(state=ItemState.WAITING)
                .exclude(pk__in=self.items)
                .exclude(batch_id__in=[change.batch_id for change in tuple(self.left_behind)])
                .select_related("change", "undoes")
                .order_by("attempts", "pk")
            )
            self.ready.extend(waiting[: 2 * most])
            self.items |= {item.pk: item for item in self.ready}
        return self.ready.popleft() if self.ready else None

    def _write(self, item: OperationItem) -> None:
        if not self.writer.write(item):
            raise TryAgain

    def _settle(self, change: Change) -> None:
        if self.writer.settle(change):
            self.left_behind.remove(change)

    def _count(self) -> None:
        counts: dict[str, int] = {}
        try:
            for status, count in left_alone(self.operation):
                self.may_write = True
                counts |= {status: count} if count else {}
        finally:
            self.may_write = True
        Operation.objects.filter(pk=self.operation.pk).update(left_alone=counts)

    def _find(self) -> None:
        missed = self.elsewhere.under_way().count()
        found = operation_find(self.operation)
        Operation.objects.filter(pk=self.operation.pk, found_at=None).update(found_at=Now())
        self.listings += 1
        self.newly_found = found + missed if self.listings < MOST_LISTINGS else 0

    def _ended(self, key: Key, error: Exception | None) -> End | None:
        """Take note of how a job ended; what follows for the operation."""
        item = self.items.pop(key, None) if isinstance(key, int) else None
        if error is None:
            return None
        if isinstance(error, LeaseLost):
            return End.LOST
        if isinstance(error, (SyllableError, TryAgain)):
            # Is it this batch alone, or does the API answer nobody?
            if self.outage is None and self._answers():
                self._failed(key, item, error)
            return None
        logger.error("operation_job_failed", operation=self.operation.pk, exc_info=error)
        if item and not isinstance(error, DatabaseTrouble):
            self.writer.failed(item, "The dashboard itself failed at this batch; its log says how.")
        return None

    def _failed(self, key: Key, item: OperationItem | None, error: Exception) -> None:
        if item:
            self.writer.failed(item)
        if key != FINDING:
            return
        self.failed_listings += 1
        if self.failed_listings == MOST_ATTEMPTS and isinstance(error, SyllableError):
            self.newly_found = 0
            Operation.objects.filter(pk=self.operation.pk).update(unlisted=words(error))

    def _is_done(self) -> bool:
        if self.left_behind or self.newly_found != 0 or self.outage:
            return False
        return not self.operation.items.filter(state=ItemState.WAITING).exists()

    def _patience(self) -> float:
        """How long to wait for a job to end before looking around again."""
        held_for = syllable_client(Lane.OPERATIONS).held_for
        return min(TICK_SECONDS, settings.OPERATION_LEASE / 4, held_for or TICK_SECONDS)


class TryAgain(Exception):
    """An item did not end, and may with another try."""


def _may_be_settled(change: Change) -> bool:
    return change.before is None or change.is_over()
