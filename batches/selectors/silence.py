"""What the page of a stop says about those who are still being contacted, from the watcher's looks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Count, F, Max, Min, Q, Sum

from batches.access import Scope
from batches.models import ItemState, Operation
from batches.selectors.operations import CAMPAIGN_OF_ITEM
from batches.selectors.watching import Watching, watching
from trail.models import Action, Entry

MOST_NAMED = 20
# The watcher looks for an hour, and then a look may still be under way.
FOLLOWED = timedelta(minutes=65)


class SilenceState(StrEnum):
    """UNCHECKED: not every batch was looked at. CONTACTING: requests may be under way. BROKEN: one began afterwards.

    RESUMED: somebody has resumed a batch since.
    """

    UNCHECKED = "unchecked"
    CONTACTING = "contacting"
    RESUMED = "resumed"
    SILENT = "silent"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Broken:
    """A batch in which so many requests began after it was stopped."""

    batch_id: str
    requests: int


@dataclass(frozen=True, slots=True)
class Silence:
    """How silent the batches of a stop are.

    Of its `stopped` batches `checked` were looked at, the longest ago at `checked_at`. `under_way` requests may be
    reaching somebody, not counting those of `untold` batches. `last_began_at` is when the newest request began, by the
    API's clock, not counting those of `undated` batches. `runs_again` counts batches that somebody has resumed since.
    `is_followed` says that looks go on, and `proof` is the newest entry of the trail about the silence.
    """

    state: SilenceState
    stopped: int
    checked: int
    under_way: int
    untold: int
    runs_again: int
    last_began_at: datetime | None
    undated: int
    checked_at: datetime | None
    broken: list[Broken]
    watching: Watching
    is_followed: bool
    proof: int | None

    @property
    def began_since(self) -> int:
        """How many requests began after the stop, of the batches that are named."""
        return sum(each.requests for each in self.broken)


def stop_silence(operation: Operation, *, scope: Scope) -> Silence | None:
    """Return how silent a stop is; None for what is no stop, or has stopped nothing yet. Takes at most four queries."""
    if not operation.is_stopping:
        return None
    items = scope.limit(operation.items.all(), by=CAMPAIGN_OF_ITEM)
    items = items.filter(state__in=(ItemState.DONE, ItemState.SKIPPED)).order_by()
    looked = Q(stop_check__isnull=False)
    stays = looked & Q(stop_check__runs_again=False)
    found = items.aggregate(
        stopped=Count("pk"),
        checked=Count("pk", filter=looked),
        under_way=Sum("stop_check__under_way", filter=stays, default=0),
        untold=Count("pk", filter=stays & Q(stop_check__under_way=None)),
        runs_again=Count("pk", filter=Q(stop_check__runs_again=True)),
        last_began_at=Max("stop_check__last_began_at"),
        undated=Count("pk", filter=stays & Q(stop_check__last_began_at=None) & ~Q(stop_check__begun=0)),
        checked_at=Min("stop_check__checked_at", filter=stays),
        broken=Count("pk", filter=Q(stop_check__began_since__gt=0)),
    )
    if not found["stopped"]:
        return None
    broken = (
        items.filter(stop_check__began_since__gt=0).order_by("-stop_check__began_since", "pk")
        if found["broken"]
        else items.none()
    )
    named = broken.values_list("batch_id", F("stop_check__began_since"))[:MOST_NAMED]
    look = watching()
    entries = Entry.objects.filter(operation_id=operation.pk, action__in=(Action.STOP_SILENT, Action.STOP_BROKEN))
    return Silence(
        **found
        | {
            "state": _state(found),
            "broken": [Broken(*row) for row in named],
            "watching": look,
            "is_followed": operation.finished_at is None or operation.finished_at > look.now - FOLLOWED,
            "proof": scope.limit(entries).order_by("-pk").values_list("pk", flat=True).first(),
        }
    )


def _state(found: dict[str, int]) -> SilenceState:
    if found["broken"]:
        return SilenceState.BROKEN
    if found["checked"] < found["stopped"]:
        return SilenceState.UNCHECKED
    if found["runs_again"]:
        return SilenceState.RESUMED
    return SilenceState.CONTACTING if found["under_way"] or found["untold"] else SilenceState.SILENT
