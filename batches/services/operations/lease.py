"""A lease: one worker at a time carries out an operation, for as long as it keeps renewing the lease.

All times are the database's own, so that the clocks of several machines do not matter.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import ExpressionWrapper, Q
from django.db.models.functions import Coalesce, Now

from batches.models import Cause, Operation, OperationQuerySet, State
from common.clock import from_now

RUNNABLE = (State.WAITING, State.RUNNING)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to carry out an operation, until another worker or a person ends it."""

    operation_id: int
    token: str

    def renew(self) -> bool:
        """Renew the lease. Returns False if it was lost."""
        return self._mine().update(lease_until=_in_a_while()) == 1

    def operation(self) -> Operation | None:
        """Return the current operation with its actor; None if the lease was lost."""
        return self._mine().select_related("actor").first()

    def give_back(self, *, detail: str = "") -> bool:
        """Release the operation to another worker at once; return False if the lease was lost before."""
        return self._mine().update(state=State.WAITING, token="", lease_until=None, detail=detail) == 1

    def end(self, state: State, *, detail: str = "", cause: Cause | None = None) -> bool:
        """End the operation, or pause it with ASKING. Returns False if the lease was lost before."""
        finished_at = None if state == State.ASKING else Now()
        ended = {"state": state, "detail": detail, "cause": cause or "", "finished_at": finished_at}
        return self._mine().update(**ended, token="", lease_until=None) == 1

    def note(self, detail: str) -> None:
        """Record what the operation waits for, "" for nothing."""
        self._mine().exclude(detail=detail).update(detail=detail)

    def record(self, **fields: Any) -> None:
        """Update the operation, unless the lease was lost: then the next worker's values count."""
        self._mine().update(**fields)

    def _mine(self) -> OperationQuerySet:
        return Operation.objects.filter(pk=self.operation_id, token=self.token, state=State.RUNNING)


def lease_acquire(operation_id: int) -> Lease | None:
    """Take the lease unless the operation has ended, asks a person, or belongs to a living worker."""
    lease = Lease(operation_id, uuid.uuid4().hex)
    taken = (
        Operation.objects.filter(pk=operation_id, state__in=RUNNABLE)
        .filter(Q(lease_until=None) | Q(lease_until__lt=Now()))
        .update(
            state=State.RUNNING,
            detail="",
            token=lease.token,
            lease_until=_in_a_while(),
            started_at=Coalesce("started_at", Now()),
        )
    )
    return lease if taken == 1 else None


def _in_a_while() -> ExpressionWrapper:
    return from_now(timedelta(seconds=settings.OPERATION_LEASE))
