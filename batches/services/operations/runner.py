"""Carrying out an operation, in a worker: finds its batches, writes each by the one road, and knows when to wait."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import structlog
from django.conf import settings
from django.db import close_old_connections

from batches.connection import syllable_client
from batches.models import Change, ItemState, Operation, OperationItem, State
from batches.services.operations.abandoned import AbandonedChanges
from batches.services.operations.authority import authorized
from batches.services.operations.backoff import Backoff, DatabaseTrouble
from batches.services.operations.concurrency import Room
from batches.services.operations.crew import Crew
from batches.services.operations.items import ItemWriter, LeaseLost
from batches.services.operations.late_writes import LateWrites
from batches.services.operations.lease import Lease, lease_acquire
from batches.services.operations.listing import Listing
from batches.services.operations.outage import Outage, Silent, check_answers
from batches.services.operations.turn import End, Turn
from syllable.errors import SyllableError
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline

logger = structlog.get_logger(__name__)

TICK_SECONDS = 0.5
# While all places are taken: how soon it is seen that one of them hangs.
SHORT_TICK_SECONDS = 0.05
# While batches hang that were tried once, or writes of others may still land.
LOOKS_EVERY_SECONDS = 5.0
# What a worker that leaves waits for the calls under way; what hangs is left behind. Unless an emergency stop waits, it
# waits for reads as long as a call may take: one that is left behind is in vain, and so would be the next one.
LEAVING_SECONDS = 2.0
FINDING, COUNTING, ASKING = "finding", "counting", "asking"
MAY_LAND = "Changes that Syllable has not answered may still reach these batches. This operation ends after that."
DELAYED = "It was delayed by more than 15 minutes. Nobody is called before you say so again."


# An item, a change that was left behind as its negative, or words for anything else.
Key = int | str


def operation_run(operation_id: int, *, must_leave: Callable[[], bool] = lambda: False) -> bool:
    """Carry out an operation, as far as it goes now; True where it is to be queued again.

    Does nothing where another worker has it, or it is over. `must_leave` is asked again and again: True where the
    worker has to end.
    """
    lease = lease_acquire(operation_id)
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
    writer = ItemWriter(operation, lease)
    with Crew[Key]() as crew:
        return Carrier(operation, lease, writer, Turn(operation, writer, must_leave), crew).carry()


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

    `is_stock_taken` is False where it is not known what was begun already and has ended. `trouble` is that of the
    database: while it or an outage lasts nothing is handed out.
    """

    operation: Operation
    lease: Lease
    writer: ItemWriter
    turn: Turn
    crew: Crew[Key]
    abandoned: AbandonedChanges = field(init=False)
    late_writes: LateWrites = field(init=False)
    listing: Listing = field(init=False)
    outage: Outage = field(init=False)
    room: Room = field(init=False)
    ready: deque[OperationItem] = field(default_factory=deque)
    items: dict[Key, OperationItem] = field(default_factory=dict)
    is_stock_taken: bool = False
    trouble: Backoff = field(default_factory=Backoff)
    look_at: float = 0.0

    def __post_init__(self) -> None:
        self.abandoned, self.late_writes = AbandonedChanges(self.operation), LateWrites(self.operation)
        self.listing = Listing(self.operation, self.lease, self.late_writes)
        self.outage, self.room = Outage(self.lease), Room(self.operation, self.crew)

    def carry(self) -> End:
        """Go on until it is done, somebody else's, or another's turn. What was begun is ended then, unless it hangs."""
        while (reason := self._round()) is None:
            pass
        soon, late = Deadline(LEAVING_SECONDS), Deadline(settings.SYLLABLE_TIMEOUT)
        while self.crew.under_way and not late.expired:
            waits_for_reads = self.room.is_reading and not (self.turn.is_urgent or reason is End.LOST)
            if (soon.expired or self.room.only_hangs) and not waits_for_reads:
                break
            self._collect()
            self._guarded(self.turn.reason_to_leave)
        return reason

    def _round(self) -> End | None:
        return self._guarded(self._go_on) or self._collect()

    def _guarded(self, act: Callable[[], End | None]) -> End | None:
        try:
            return act()
        except DatabaseTrouble as error:
            self._database_failed(error)
            return None

    def _go_on(self) -> End | None:
        if self.turn.must_leave():
            return self.turn.end_at_once()
        if self.trouble.remaining:
            return None
        if reason := self._reason_to_leave():
            return reason
        if not self.is_stock_taken:
            self._take_stock()
        if self._is_calling():
            self._hand_out()
        return End.FINISHED if self._is_done() else None

    def _reason_to_leave(self) -> End | None:
        reason = self.turn.reason_to_leave()
        if reason is not End.AGAIN or self.turn.is_urgent:
            return reason
        # A list that is broken off begins anew, and what is done needs no other turn.
        if FINDING in self.crew.under_way:
            return None
        return End.FINISHED if self._is_done() else reason

    def _collect(self) -> End | None:
        """Take note of the jobs that have ended."""
        reasons = [self._ended(key, error) for key, error in self.crew.done(timeout=self._patience())]
        return next(filter(None, reasons), None)

    def _take_stock(self) -> None:
        """What was begun before, by a worker that died or left, or by this one before the database failed."""
        under_way = [item.batch_id for key, item in self.items.items() if key in self.crew.under_way]
        self.abandoned.find(apart_from=under_way)
        self.writer.recall()
        self.late_writes.begin()
        self.is_stock_taken = True

    def _is_calling(self) -> bool:
        """Whether the API may be asked for something."""
        if not self.outage.is_on:
            return syllable_client(Lane.OPERATIONS).held_for < TICK_SECONDS
        if ASKING not in self.crew.under_way and not self.outage.pauses.remaining:
            self.crew.submit(ASKING, check_answers)
        return False

    def _hand_out(self) -> None:
        if self.listing.newly_found is None and FINDING not in self.crew.under_way:
            if COUNTING not in self.crew.under_way and not self.operation.items.exists():
                self.listing.is_counted = False
                self.crew.submit(COUNTING, self.listing.count)
            self.crew.submit(FINDING, self.listing.find)
        if self.abandoned.look():
            self.writer.recall()
        for change in self.abandoned.to_settle():
            if self.room.is_free and -change.pk not in self.crew.under_way:
                self.crew.submit(-change.pk, partial(self._settle, change))
        while self.listing.is_counted and self.room.is_free and (item := self._next()):
            self.crew.submit(item.pk, partial(self.writer.write, item))
        if not any(self._is_first_try(key) for key in self.crew.under_way):
            self._look_again()

    def _next(self) -> OperationItem | None:
        if not self.ready:
            waiting = (
                self.operation.items.filter(state=ItemState.WAITING)
                .exclude(pk__in=self.items)
                .exclude(batch_id__in=self.abandoned.batch_ids)
                .select_related("change", "undoes")
                .order_by("attempts", "pk")
            )
            if self.operation.is_stopping and FINDING in self.crew.under_way:
                # What hung is tried again when all others were tried.
                waiting = waiting.filter(attempts=0)
            self.ready.extend(waiting[: 2 * settings.OPERATION_CONCURRENCY])
            self.items |= {item.pk: item for item in self.ready}
        return self.ready.popleft() if self.ready else None

    def _look_again(self) -> None:
        """All is tried: whether something came meanwhile, or a write of others landed late. That is looked for now and
        then while it is not certain yet, and once more when it is."""
        is_waiting = self.crew.under_way or self.abandoned or self.late_writes.under_way()
        if is_waiting and time.monotonic() < self.look_at:
            return
        self.look_at = time.monotonic() + LOOKS_EVERY_SECONDS
        self.lease.note(MAY_LAND if self.late_writes.under_way() else "")
        if self.listing.newly_found:
            self.crew.submit(FINDING, self.listing.find)
        for change in self.late_writes.to_look_at():
            if self.room.is_free:
                self.crew.submit(f"look {change.pk}", partial(self.late_writes.look, change))

    def _is_first_try(self, key: Key) -> bool:
        """Whether more is looked for only when this job has ended. What stops batches does not wait for those that hang
        in another try."""
        item = self.items.get(key)
        return item is None or item.attempts == 0 or not self.operation.is_stopping

    def _settle(self, change: Change) -> None:
        if self.writer.settle(change):
            self.abandoned.forget(change)

    def _ended(self, key: Key, error: Exception | None) -> End | None:
        """Take note of how a job ended; what follows for the operation."""
        item = self.items.pop(key, None)
        if isinstance(error, LeaseLost):
            return End.LOST
        return self._guarded(partial(self._note, key, item, error))

    def _note(self, key: Key, item: OperationItem | None, error: Exception | None) -> None:
        if error is None:
            # What ends while others cannot be written does not cut their pause short.
            if item and not self.trouble.remaining:
                self.trouble.end()
            if key == ASKING:
                self.outage.is_over()
                # A resume has to look at the clock before it goes on.
                self.turn.check_soon()
        elif isinstance(error, DatabaseTrouble):
            self._database_failed(error)
        elif isinstance(error, Silent):
            self.outage.goes_on(error.error)
        elif isinstance(error, SyllableError):
            self.listing.failed(error)
        else:
            logger.error("operation_job_failed", operation=self.operation.pk, exc_info=error)
            if item:
                self.writer.failed(item, "The dashboard itself failed at this batch; its log says how.")

    def _database_failed(self, error: Exception) -> None:
        """One line for each pause, however many threads have failed. The lease is the first to be tried again."""
        if self.trouble.remaining:
            return
        self.is_stock_taken = False
        self.turn.check_soon()
        pause = self.trouble.begin()
        logger.error("database_failed", operation=self.operation.pk, error=str(error), again_in=pause)
        close_old_connections()

    def _is_done(self) -> bool:
        if not self.is_stock_taken or self.crew.under_way or self.abandoned:
            return False
        if self.outage.is_on or self.listing.newly_found != 0:
            return False
        if self.operation.items.filter(state=ItemState.WAITING).exists():
            return False
        return not (self.late_writes.under_way() or self.late_writes.to_look_at())

    def _patience(self) -> float:
        """How long to wait for a job to end before looking around again."""
        is_full = self.operation.is_stopping and len(self.crew.under_way) >= settings.OPERATION_CONCURRENCY
        tick = SHORT_TICK_SECONDS if is_full else TICK_SECONDS
        return min(tick, settings.OPERATION_LEASE / 4, syllable_client(Lane.OPERATIONS).held_for or tick)
