"""How long a worker keeps an operation, and why it lets go."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from batches import outcome_messages
from batches.models import Kind, Operation, OperationItem
from batches.services.operations.lease import Lease
from batches.services.operations.permissions import authorized
from syllable.resilience.deadline import Deadline

# How long an operation keeps its worker while others of its queue wait.
TURN_SECONDS = 5.0
# And while none waits: some queues limit how long a task may take.
LONGEST_TURN_SECONDS = 300.0
RESUME_ASKS_AFTER = timedelta(minutes=15)


class End(Enum):
    """How a worker leaves an operation."""

    FINISHED = auto()
    AGAIN = auto()
    ASKING = auto()
    LOST = auto()


@dataclass(slots=True)
class Turn:
    """One worker's turn at `operation`, which is as last read: the person behind it may change.

    `must_leave` returns whether the worker has to end. `is_urgent` says not to wait for hanging calls.
    """

    operation: Operation
    lease: Lease
    must_leave: Callable[[], bool]
    check_at: float = 0.0
    is_urgent: bool = False
    gave_way: bool = False
    short: Deadline = field(default_factory=lambda: Deadline(TURN_SECONDS))
    longest: Deadline = field(default_factory=lambda: Deadline(LONGEST_TURN_SECONDS))

    def reason_to_leave(self) -> End | None:
        """Renew the lease, check the authority of the person behind the operation, and return why to leave, if so.

        Queries the database once a second, or often enough that the lease never runs out.
        """
        now = time.monotonic()
        if now < self.check_at:
            return None
        self.check_at = now + min(1.0, settings.OPERATION_LEASE / 3)
        operation = authorized(self.lease) if self.lease.renew() else None
        if operation is None:
            return End.LOST
        self.operation = operation
        if self._is_too_late():
            return End.ASKING
        if self._is_urgent():
            self.is_urgent = True
            return End.AGAIN
        return End.AGAIN if self.longest.expired or self._is_anothers_turn() else None

    def gives_way(self) -> bool:
        """Return whether a stop has open batches: until there is none, only stops begin to write."""
        if self.operation.is_stopping:
            return False
        gives_way = Operation.objects.stopping().carried_out_now().with_open_batches().exists()
        if gives_way or self.gave_way:
            self.lease.note(outcome_messages.STOP_FIRST if gives_way else "")
        self.gave_way = gives_way
        return gives_way

    def end_at_once(self) -> End:
        """Leave without waiting for hanging calls: the worker has to end."""
        self.is_urgent = True
        return End.AGAIN

    def check_soon(self) -> None:
        """Query the database at the next opportunity: some time may have passed."""
        self.check_at = 0.0

    def _is_too_late(self) -> bool:
        """Return whether the decision to contact people is too old: only a person knows whether it still holds."""
        if self.operation.kind != Kind.RESUME:
            return False
        long_ago = Now() - RESUME_ASKS_AFTER
        lately = OperationItem.objects.filter(operation=OuterRef("pk"), finished_at__gte=long_ago)
        delayed = Operation.objects.filter(~Exists(lately), pk=self.operation.pk, confirmed_at__lt=long_ago)
        return delayed.exists()

    def _is_urgent(self) -> bool:
        """Return whether an emergency stop waits. One that has untried batches itself gives way to none."""
        return Operation.objects.waiting_beside(self.operation).urgent().exists() and not self._is_emergency()

    def _is_anothers_turn(self) -> bool:
        others = Operation.objects.waiting_beside(self.operation)
        return self.short.expired and others.exists() and not self._is_emergency()

    def _is_emergency(self) -> bool:
        return Operation.objects.urgent().filter(pk=self.operation.pk).exists()
