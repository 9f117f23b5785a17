"""The holds that a page tells of, and how they fare."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property

from batches.access import Scope
from batches.models import ALARM_WITHIN, MOST_SELECTED, HeldBatch, Hold, HoldAttempt, Sighting, TargetScope
from batches.selectors.watching import Watching, watching
from common.clock import from_now
from common.numbers import whole_number

# A page tells of no more.
MOST_HOLDS = 50
SHOWN_BATCHES = 100
SHOWN_ATTEMPTS = 50


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One hold as a page tells of it: how often its pauses were undone, and of how many selected batches it is."""

    hold: Hold
    attempts: int
    batches: int
    is_alarming: bool

    @property
    def who(self) -> str:
        """Who placed the hold: a name, else the email that stays."""
        person = self.hold.placed_by
        return (person.name if person else "") or self.hold.placed_by_email


class ActiveHolds:
    """The active holds, read only for pages that tell of any, and only if there are any."""

    def __init__(self, scope: Scope, *, are_there: Callable[[], bool]) -> None:
        self._scope, self._are_there = scope, are_there

    @cached_property
    def everywhere(self) -> list[HoldLine]:
        """All active holds, oldest first."""
        return self._lines(Q())

    def of_batch(self, batch_id: str, campaign_id: int | str | None = None) -> list[HoldLine]:
        """Return the holds over a batch. Without a campaign, that in which the watcher saw the batch."""
        if not self._are_there():
            return []
        if campaign_id is None:
            campaign_id = Sighting.objects.filter(batch_id=batch_id).values_list("campaign_id", flat=True).first()
        return self._lines(Q(pk__in=Hold.objects.over(batch_id, campaign_id).values("pk")))

    def of_campaigns(self, campaign_ids: Iterable[str]) -> list[HoldLine]:
        """Return the holds that concern any of these campaigns; all holds where there are none."""
        ids = [number for number in map(whole_number, campaign_ids) if number is not None]
        if not ids:
            return self.everywhere
        seen = Sighting.objects.filter(batch_id=OuterRef("batch_id"), campaign_id__in=ids)
        selected = HeldBatch.objects.filter(Exists(seen)).values("hold")
        concerned = Q(scope=TargetScope.ALL) | Q(scope=TargetScope.CAMPAIGN, campaign_id__in=ids) | Q(pk__in=selected)
        return self._lines(concerned)

    @cached_property
    def watching(self) -> Watching:
        """Whether the watcher can see what somebody resumes."""
        return watching()

    def _lines(self, which: Q) -> list[HoldLine]:
        if not self._are_there():
            return []
        return _told(self._scope.limit(Hold.objects.active().filter(which))[:MOST_HOLDS])


@dataclass(frozen=True, slots=True)
class HoldPage:
    """What the page of one hold shows. `resumed` are batches that were resumed under it within the hour."""

    line: HoldLine
    batch_ids: list[str]
    attempts: list[HoldAttempt]
    resumed: list[str]


def hold_page(hold_id: int, *, scope: Scope) -> HoldPage | None:
    """Return the page of a hold, None where there is none."""
    found = _told(scope.limit(Hold.objects.filter(pk=hold_id)))
    if not found:
        return None
    hold = found[0].hold
    attempts = hold.attempts.select_related("change").order_by("-at", "-pk")
    lately = hold.attempts.filter(at__gt=from_now(-ALARM_WITHIN)).order_by("batch_id")
    return HoldPage(
        found[0],
        list(hold.batches.order_by("pk").values_list("batch_id", flat=True)[:SHOWN_BATCHES]),
        list(attempts[:SHOWN_ATTEMPTS]),
        list(lately.values_list("batch_id", flat=True).distinct()[:MOST_SELECTED]),
    )


def newest_holds(*, scope: Scope) -> list[HoldLine]:
    """Return the newest holds, active ones first."""
    return _told(
        scope.limit(Hold.objects.all()).order_by(Case(When(lifted_at=None, then=0), default=1), "-pk")[:MOST_HOLDS]
    )


def _told(holds: QuerySet[Hold]) -> list[HoldLine]:
    """Return holds as pages tell of them. Takes one query."""
    alarmed: Any = Case(
        When(lifted_at=None, alarmed_at__gt=from_now(-ALARM_WITHIN), then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    rows = holds.select_related("placed_by").annotate(
        tried=_count(HoldAttempt), selected=_count(HeldBatch), alarming=alarmed
    )
    return [HoldLine(row, row.tried, row.selected, row.alarming) for row in rows]


def _count(model: type[HoldAttempt] | type[HeldBatch]) -> Any:
    rows = model.objects.filter(hold=OuterRef("pk")).order_by().values("hold").annotate(number=Count("pk"))
    return Coalesce(Subquery(rows.values("number"), output_field=IntegerField()), 0)
