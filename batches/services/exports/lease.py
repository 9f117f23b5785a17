"""The lease of an export, as `operations/lease.py` has one of operations. All times are the database's own."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Coalesce, Now

from batches.models import UNDER_WAY, ExportProblem, ExportState, TrailExport
from common.clock import from_now

# Times OPERATION_LEASE: a worker cannot renew the lease during a query, and one without an index takes seconds.
LENGTHS = 6


@dataclass(frozen=True, slots=True)
class ExportLease:
    """The right to make an export, until another worker takes over."""

    export_id: int
    token: str

    def export(self) -> TrailExport | None:
        """Return the export as it is now; None if the lease was lost."""
        return self._mine().first()

    def renew(self, **fields: Any) -> bool:
        """Renew the lease and update the export. Returns False if the lease was lost."""
        return self._mine().update(**fields, lease_until=_in_a_while()) == 1

    def give_back(self, **fields: Any) -> bool:
        """Release the export to another worker at once; return False if the lease was lost before."""
        return self._mine().update(**fields, state=ExportState.WAITING, token="", lease_until=None) == 1

    def end(self, state: ExportState, *, problem: ExportProblem | None = None, **fields: Any) -> bool:
        """End the export. Returns False if the lease was lost before."""
        ended = {"state": state, "problem": problem or "", "finished_at": Now(), "token": "", "lease_until": None}
        return self._mine().update(**fields, **ended) == 1

    def _mine(self) -> QuerySet[TrailExport]:
        return TrailExport.objects.filter(pk=self.export_id, token=self.token, state=ExportState.RUNNING)


def export_lease_acquire(export_id: int) -> ExportLease | None:
    """Take the lease unless the export has ended or belongs to a living worker."""
    lease = ExportLease(export_id, uuid.uuid4().hex)
    taken = (
        TrailExport.objects.filter(pk=export_id, state__in=UNDER_WAY)
        .filter(Q(lease_until=None) | Q(lease_until__lt=Now()))
        .update(
            state=ExportState.RUNNING,
            token=lease.token,
            lease_until=_in_a_while(),
            started_at=Coalesce("started_at", Now()),
        )
    )
    return lease if taken == 1 else None


def export_lease_seconds() -> float:
    """Return for how many seconds a worker has an export unless it renews the lease."""
    length: float = LENGTHS * settings.OPERATION_LEASE
    return length


def _in_a_while() -> ExpressionWrapper:
    return from_now(timedelta(seconds=export_lease_seconds()))
