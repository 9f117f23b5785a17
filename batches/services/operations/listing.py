"""Listing the batches of an operation again and again, and counting those that are no business of it."""

from dataclasses import dataclass

from django.db.models.functions import Now

from batches.models import ItemState, Operation
from batches.services.operations.items import MOST_ATTEMPTS, short_try_seconds
from batches.services.operations.late_writes import LateWrites
from batches.services.operations.lease import Lease
from batches.services.operations.outage import check_answers
from batches.services.operations.targets import is_listed, operation_find, skipped
from syllable.errors import SyllableError

MOST_LISTINGS = 50


@dataclass(slots=True)
class Listing:
    """`newly_found` counts what the last listing found, and what makes another one necessary: items that were waiting,
    and writes of others that may still land. None before the first; there is no other when there is nothing.
    `is_counted` is False while it is not known what was as wanted before.
    """

    operation: Operation
    lease: Lease
    late_writes: LateWrites
    newly_found: int | None = None
    is_counted: bool = True
    listings: int = 0
    failures: int = 0

    def __post_init__(self) -> None:
        if not is_listed(self.operation):
            self.newly_found = 0

    def count(self) -> None:
        """Count what is left alone, as far as it can be counted soon. Raises Silent."""
        counts: dict[str, int] = {}
        try:
            for status, count in skipped(self.operation, patience=short_try_seconds()):
                self.is_counted = True
                counts |= {status: count} if count else {}
        except SyllableError as error:
            check_answers(error)
        finally:
            self.is_counted = True
        self.lease.record(skipped=counts)

    def find(self) -> None:
        """List once. Raises Silent, and SyllableError where it is the list that fails."""
        uncertain = self.late_writes.under_way() + self.operation.items.filter(state=ItemState.WAITING).count()
        try:
            found = operation_find(self.operation)
        except SyllableError as error:
            check_answers(error)
            raise
        Operation.objects.filter(pk=self.operation.pk, listed_at=None).update(listed_at=Now())
        self.listings += 1
        self.newly_found = found + uncertain if self.listings < MOST_LISTINGS else 0

    def failed(self, error: SyllableError) -> None:
        """Count a listing that failed; the last one ends it, and the operation says why."""
        self.failures += 1
        if self.failures == MOST_ATTEMPTS:
            self.newly_found = 0
            self.lease.record(unlisted=error.sentence)
