"""How many batches of an operation are tried at a time."""

from dataclasses import dataclass

from django.conf import settings

from batches.connection import syllable_client
from batches.models import Operation, TargetScope
from batches.services.operations.crew import Crew
from syllable.resilience.bulkhead import LIMITS, Lane

# What all operations of a process call at a time, what they have left behind included. An emergency stop finds room
# beside what hangs, and the lane has a place for each call.
MOST_CALLS = LIMITS[Lane.OPERATIONS].calls * 3 // 4
MOST_CALLS_OF_AN_EMERGENCY = LIMITS[Lane.OPERATIONS].calls - 4


@dataclass(frozen=True, slots=True)
class Room:
    """OPERATION_CONCURRENCY batches at a time. For what stops batches, calls that hang do not count: they must not keep
    it from those that are answered.
    """

    operation: Operation
    crew: Crew[int | str]

    @property
    def is_free(self) -> bool:
        """Whether there is room for one more."""
        under_way, size = len(self.crew.under_way), settings.OPERATION_CONCURRENCY
        if under_way < size:
            return True
        if not self.operation.is_stopping:
            return False
        calls_of_others = len(syllable_client(Lane.OPERATIONS).latency.calling - self.crew.threads)
        most = MOST_CALLS_OF_AN_EMERGENCY if self.operation.scope == TargetScope.ALL else MOST_CALLS
        return under_way - self._hanging() < size and under_way + calls_of_others < most

    @property
    def only_hangs(self) -> bool:
        """Whether nothing is under way but calls that hang."""
        return self._hanging() >= len(self.crew.under_way)

    @property
    def is_reading(self) -> bool:
        """Whether a read is under way."""
        return bool(syllable_client(Lane.OPERATIONS).latency.reading & self.crew.threads)

    def _hanging(self) -> int:
        return len(syllable_client(Lane.OPERATIONS).latency.hanging & self.crew.threads)
