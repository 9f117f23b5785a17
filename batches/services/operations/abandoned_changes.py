"""Abandoned changes: changes of an operation that were started and that no job of this worker will finish."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from batches.models import Change, Operation, Outcome

LOOKS_EVERY_SECONDS = 1.0


@dataclass(slots=True)
class AbandonedChanges:
    """The changes of a worker that died, or that left without waiting for its calls.

    Their batches are not written before their outcomes are known. `is_known` is False until the changes have been
    looked up.
    """

    operation: Operation
    is_known: bool = False
    changes: dict[int, Change] = field(default_factory=dict)
    look_at: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.changes)

    @property
    def batch_ids(self) -> list[str]:
        """The batches that must not be written yet."""
        return [change.batch_id for change in self.changes.values()]

    def find(self, *, apart_from: Iterable[str]) -> None:
        """Look up the abandoned changes, except for the batches in `apart_from`, which this worker is writing."""
        started = self.operation.changes.filter(outcome=Outcome.STARTED).exclude(batch_id__in=apart_from)
        self.changes = {change.pk: change for change in started}
        self.is_known = True

    def forget(self, change: Change) -> None:
        """Drop a change whose outcome is known."""
        self.changes.pop(change.pk, None)

    def look(self) -> bool:
        """Drop changes that have ended; return True if there is one. Looks at most once a second."""
        if not self.changes or time.monotonic() < self.look_at:
            return False
        self.look_at = time.monotonic() + LOOKS_EVERY_SECONDS
        started = Change.objects.filter(pk__in=self.changes, outcome=Outcome.STARTED).values_list("pk", flat=True)
        ended = set(self.changes) - set(started)
        for pk in ended:
            del self.changes[pk]
        return bool(ended)

    def to_settle(self) -> list[Change]:
        """Return the changes whose writer can write no more, so that their outcome can be settled."""
        return [change for change in self.changes.values() if change.before is None or change.is_over()]
