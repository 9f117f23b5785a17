"""The moment at which a request of the watcher leaves, and which changes of ours its answer surely shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from batches.models import Change
from common.clock import from_now

# Many times what the insert of a change takes: one that began earlier can be seen by now.
SURELY_VISIBLE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class EndedChanges:
    """All changes up to `horizon` and those in `recent`, except for those in `open`.

    No moments are compared: a writer's clock may lag behind the database's. A change that cannot be seen yet counts as
    not ended.
    """

    horizon: int
    recent: frozenset[int]
    open: frozenset[int]

    @classmethod
    def now(cls) -> Self:
        """Return which changes have ended by now. The order of the queries matters: what is open is read last."""
        ours = Change.objects.ours().order_by("-pk")
        older = ours.filter(started_at__lt=from_now(-SURELY_VISIBLE))
        horizon = older.values_list("pk", flat=True).first() or 0
        recent = frozenset(ours.filter(pk__gt=horizon).values_list("pk", flat=True))
        return cls(horizon, recent, frozenset(ours.left_open().values_list("pk", flat=True)))

    def __contains__(self, change: Change) -> bool:
        return (change.pk <= self.horizon or change.pk in self.recent) and change.pk not in self.open


@dataclass(frozen=True, slots=True)
class Departure:
    """When a request left, by the clock of the database, and which changes of ours had ended by then."""

    at: datetime
    ended: EndedChanges


class TurnOver(Exception):
    """No more calls in this turn: its time is over, or a stop needs them."""


class LeaseLost(TurnOver):
    """Another process watches now. What was read is not kept."""
