"""Changes of an operation that were begun and that no job of its crew will end."""

import time
from collections.abc import Iterable

from batches.models import Change, Operation, Outcome

LOOKS_EVERY_SECONDS = 1.0


class AbandonedChanges:
    """What a worker that died has begun, or what somebody still ends who left without waiting for it.

    Until it is known what became of them their batches are not written.
    """

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._changes: dict[int, Change] = {}
        self._look_at = 0.0

    def __bool__(self) -> bool:
        return bool(self._changes)

    @property
    def batch_ids(self) -> list[str]:
        """The batches that are not to be written yet."""
        return [change.batch_id for change in tuple(self._changes.values())]

    def find(self, *, apart_from: Iterable[str]) -> None:
        """Look for them anew, `apart_from` the batches that the crew has under way."""
        started = self._operation.changes.filter(outcome=Outcome.STARTED).exclude(batch_id__in=apart_from)
        self._changes = {change.pk: change for change in started}

    def forget(self, change: Change) -> None:
        """It is known what became of it."""
        self._changes.pop(change.pk, None)

    def look(self) -> bool:
        """Forget those that have ended; True where there is one. Looks once a second at the most."""
        if not self._changes or time.monotonic() < self._look_at:
            return False
        self._look_at = time.monotonic() + LOOKS_EVERY_SECONDS
        # Other threads forget changes meanwhile.
        known = list(self._changes)
        started = Change.objects.filter(pk__in=known, outcome=Outcome.STARTED).values_list("pk", flat=True)
        ended = set(known) - set(started)
        for pk in ended:
            self._changes.pop(pk, None)
        return bool(ended)

    def to_settle(self) -> list[Change]:
        """Those whose writer can write no more, so that it can be found out what became of them."""
        return [change for change in tuple(self._changes.values()) if change.before is None or change.is_over()]
