"""A worker's turn at one operation: list its batches, write each by the one road, and wait where that helps."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import structlog
from django.conf import settings
from django.db import close_old_connections, transaction
from django.db.models.functions import Coalesce, Now

from batches import outcome_messages
from batches.api_client import syllable_client
from batches.models import ItemState, Operation, OperationItem, State
from batches.services.operations import runner_jobs
from batches.services.operations.abandoned_changes import AbandonedChanges
from batches.services.operations.audit import operation_ended
from batches.services.operations.item_write import LeaseLost, item_failed, items_recall
from batches.services.operations.late_writes import LateWrites
from batches.services.operations.lease import lease_acquire
from batches.services.operations.listing_state import Listing
from batches.services.operations.outage import ApiSilent, Outage
from batches.services.operations.permissions import authorized
from batches.services.operations.runner_jobs import Event, Job
from batches.services.operations.runner_pool import JobPool
from batches.services.operations.targets import skipped_statuses
from batches.services.operations.turn import End, Turn
from common.backoff import Backoff, DatabaseTrouble
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline

logger = structlog.get_logger(__name__)

TICK_SECONDS = 0.5
# How soon the loop notices a hanging call while the pool is full.
SHORT_TICK_SECONDS = 0.05
# How often the loop looks around while batches hang after a first try, or late writes may still land.
LOOKS_EVERY_SECONDS = 5.0
# How long a leaving worker waits for its calls before it abandons hanging ones. Unless an emergency stop waits, it
# waits for reads as long as a call may take: an abandoned read is wasted, and the next one would be too.
LEAVING_SECONDS = 2.0


def operation_run(operation_id: int, *, must_leave: Callable[[], bool] = lambda: False) -> bool:
    """Carry out an operation as far as possible now; return True if it should be queued again.

    Does nothing if another worker has the operation, or it has ended. `must_leave` is called again and again: True
    means that the worker has to end.
    """
    lease = lease_acquire(operation_id)
    if lease is None:
        return False
    log = logger.bind(operation=operation_id)
    log.info("operation_taken")
    operation = authorized(lease)
    end = _run(Turn(operation, lease, must_leave)) if operation else End.LOST
    log.info("operation_left", end=end.name)
    if end is End.AGAIN:
        return lease.give_back()
    if end is End.FINISHED:
        with transaction.atomic():
            if lease.end(State.FINISHED):
                operation_ended(operation_id)
    elif end is End.ASKING:
        lease.end(State.ASKING, detail=outcome_messages.DELAYED)
    return False


def _run(turn: Turn) -> End:
    with JobPool() as pool:
        return Runner(turn, pool).run()


@dataclass(slots=True)
class Runner:
    """The loop of one turn. Only the loop decides and changes this state; the pool's threads do the jobs.

    `ready` are items that were read and not handed out yet. `database` spaces the tries while the database fails.
    """

    turn: Turn
    pool: JobPool
    listing: Listing = field(init=False)
    outage: Outage = field(init=False)
    abandoned: AbandonedChanges = field(init=False)
    late_writes: LateWrites = field(init=False)
    ready: deque[OperationItem] = field(default_factory=deque)
    database: Backoff = field(default_factory=Backoff)
    look_at: float = 0.0

    def __post_init__(self) -> None:
        operation = self.turn.operation
        self.listing, self.outage = Listing.of(operation), Outage(self.turn.lease)
        self.abandoned, self.late_writes = AbandonedChanges(operation), LateWrites(operation)

    @property
    def operation(self) -> Operation:
        return self.turn.operation

    def run(self) -> End:
        """Loop until the operation is done, another worker's, or gives way; then let the jobs under way end."""
        while (end := self._guarded(self._step) or self._collect()) is None:
            pass
        self._drain(end)
        return end

    def _drain(self, end: End) -> None:
        soon, late = Deadline(LEAVING_SECONDS), Deadline(settings.SYLLABLE_TIMEOUT)
        while self.pool.under_way and not late.expired:
            waits_for_reads = self.pool.is_reading and not (self.turn.is_urgent or end is End.LOST)
            if (soon.expired or self.pool.only_hangs) and not waits_for_reads:
                break
            self._collect()
            self._guarded(self.turn.reason_to_leave)

    def _guarded(self, act: Callable[[], End | None]) -> End | None:
        try:
            return act()
        except DatabaseTrouble as error:
            self._database_failed(error)
            return None

    def _step(self) -> End | None:
        if self.turn.must_leave():
            return self.turn.end_at_once()
        if self.database.remaining:
            return None
        if end := self._reason_to_leave():
            return end
        if not self.abandoned.is_known:
            self._take_stock()
        if self._may_call():
            self._submit_jobs()
        return End.FINISHED if self._is_done() else None

    def _reason_to_leave(self) -> End | None:
        end = self.turn.reason_to_leave()
        if end is not End.AGAIN or self.turn.is_urgent:
            return end
        # An interrupted listing starts again, and a finished operation needs no other turn.
        if self.pool.doing(runner_jobs.ListBatches):
            return None
        return End.FINISHED if self._is_done() else end

    def _take_stock(self) -> None:
        """Learn what was begun before: by another worker, or by this one before the database failed."""
        self.abandoned.find(apart_from=[job.item.batch_id for job in self.pool.doing(runner_jobs.WriteItem)])
        items_recall(self.operation)
        self.late_writes.begin()

    def _may_call(self) -> bool:
        """Return whether the API may be called now; during an outage only to check whether it answers."""
        if not self.outage.is_on:
            return syllable_client(Lane.OPERATIONS).held_for < TICK_SECONDS
        if not self.pool.doing(runner_jobs.AskApi) and not self.outage.backoff.remaining:
            self.pool.submit(runner_jobs.AskApi())
        return False

    def _submit_jobs(self) -> None:
        if not self.listing.has_listed and not self.pool.doing(runner_jobs.ListBatches):
            self._count()
            self._list()
        if self.abandoned.look():
            items_recall(self.operation)
        settling = {job.change.pk for job in self.pool.doing(runner_jobs.SettleChange)}
        for change in self.abandoned.to_settle():
            if change.pk not in settling and self._has_room():
                self.pool.submit(runner_jobs.SettleChange(self.operation, change))
        if any(job.holds_writes for job in self.pool.doing(runner_jobs.CountSkipped)) or self.turn.gives_way():
            return
        while self._has_room() and (item := self._next_item()):
            self.pool.submit(runner_jobs.WriteItem(self.turn.lease, item))
        if not any(self._is_first_try(job) for job in self.pool.under_way):
            self._look_again()

    def _count(self) -> None:
        if self.pool.doing(runner_jobs.CountSkipped) or self.operation.items.exists():
            return
        as_wanted, others = skipped_statuses(self.operation)
        for statuses, holds_writes in ((as_wanted, True), (others, False)):
            if statuses:
                self.pool.submit(runner_jobs.CountSkipped(self.operation, statuses, holds_writes))

    def _list(self) -> None:
        waiting = self.operation.items.filter(state=ItemState.WAITING).count()
        self.listing.begin(uncertain=waiting + self.late_writes.under_way())
        self.pool.submit(runner_jobs.ListBatches(self.operation))

    def _next_item(self) -> OperationItem | None:
        if not self.ready:
            waiting = (
                self.operation.items.filter(state=ItemState.WAITING)
                .exclude(pk__in=[job.item.pk for job in self.pool.doing(runner_jobs.WriteItem)])
                .exclude(batch_id__in=self.abandoned.batch_ids)
                .select_related("change", "undoes")
                .order_by("attempts", "pk")
            )
            if self.operation.is_stopping and self.pool.doing(runner_jobs.ListBatches):
                # Batches that hung are retried after all others were tried.
                waiting = waiting.filter(attempts=0)
            self.ready.extend(waiting[: 2 * settings.OPERATION_CONCURRENCY])
        return self.ready.popleft() if self.ready else None

    def _look_again(self) -> None:
        """Look for new batches and late writes once all items are tried.

        Looks every few seconds while anything is uncertain, and once more at the end.
        """
        is_waiting = self.pool.under_way or self.abandoned or self.late_writes.under_way()
        if is_waiting and time.monotonic() < self.look_at:
            return
        self.look_at = time.monotonic() + LOOKS_EVERY_SECONDS
        self.turn.lease.note(outcome_messages.MAY_STILL_ARRIVE if self.late_writes.under_way() else "")
        if not self.listing.is_complete:
            self._list()
        for change in self.late_writes.to_look_at():
            if self._has_room():
                self.pool.submit(runner_jobs.LookAgain(self.operation, change))

    def _has_room(self) -> bool:
        return self.pool.has_room(self.operation)

    def _is_first_try(self, job: Job) -> bool:
        """Return whether to look for more only after `job`. A stop does not wait for a second try that hangs."""
        return not (isinstance(job, runner_jobs.WriteItem) and job.item.attempts and self.operation.is_stopping)

    def _collect(self) -> End | None:
        """Apply the events of jobs that have ended."""
        is_lost = False
        for job, event in self.pool.collect(timeout=self._patience()):
            if isinstance(event, runner_jobs.Failed) and isinstance(event.error, LeaseLost):
                is_lost = True
            else:
                self._guarded(partial(self._note, job, event))
        return End.LOST if is_lost else None

    def _note(self, job: Job, event: Event) -> None:
        """Apply one event. The operation is updated first: if the database fails then, a listing is done again."""
        lease = self.turn.lease
        match event:
            case runner_jobs.Tried() if not self.database.remaining:
                self.database.end()
            case runner_jobs.Settled(change):
                self.abandoned.forget(change)
            case runner_jobs.LookedAgain(change, is_last=True):
                self.late_writes.forget(change)
            case runner_jobs.Counted(counts):
                self.listing.skipped |= counts
                lease.record(skipped=self.listing.skipped)
            case runner_jobs.Listed(new):
                lease.record(listed_at=Coalesce("listed_at", Now()))
                self.listing.end(new=new)
            case runner_jobs.NotListed(error):
                if self.listing.fail():
                    lease.record(unlisted=error.sentence)
                    self.listing.give_up()
            case runner_jobs.Answered():
                self.outage.end()
                # A resume has to check the time before it continues.
                self.turn.check_soon()
            case runner_jobs.Failed(error):
                self._failed(job, error)

    def _failed(self, job: Job, error: BaseException) -> None:
        if isinstance(error, DatabaseTrouble):
            self._database_failed(error)
        elif isinstance(error, ApiSilent):
            self.outage.go_on(error.error)
        else:
            logger.error("operation_job_failed", operation=self.operation.pk, exc_info=error)
            if isinstance(job, runner_jobs.WriteItem):
                item_failed(job.item, outcome_messages.DASHBOARD_FAILED)

    def _database_failed(self, error: BaseException) -> None:
        """Log one line per pause, however many threads failed. Retry the lease first."""
        if self.database.remaining:
            return
        self.abandoned.is_known = False
        self.turn.check_soon()
        pause = self.database.begin()
        logger.error("database_failed", operation=self.operation.pk, error=str(error), again_in=pause)
        close_old_connections()

    def _is_done(self) -> bool:
        if not self.abandoned.is_known or self.pool.under_way or self.abandoned:
            return False
        if self.outage.is_on or not self.listing.is_complete:
            return False
        if self.operation.items.filter(state=ItemState.WAITING).exists():
            return False
        return not (self.late_writes.under_way() or self.late_writes.to_look_at())

    def _patience(self) -> float:
        """Return how long to wait for a job to end before looking around again."""
        is_full = self.operation.is_stopping and len(self.pool.under_way) >= settings.OPERATION_CONCURRENCY
        tick = SHORT_TICK_SECONDS if is_full else TICK_SECONDS
        return min(tick, settings.OPERATION_LEASE / 4, syllable_client(Lane.OPERATIONS).held_for or tick)
