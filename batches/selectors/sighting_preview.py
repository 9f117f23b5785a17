"""What an operation over a view of the watcher's rows is about: its batches are fixed when it is previewed."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from django.db.models import Case, Count, Min, Q, QuerySet, When
from django.utils import timezone

from batches.access import Scope
from batches.models import MOST_FIXED, Kind, Sighting, SightingFilter, Target, TargetScope
from batches.selectors.parallel_reads import EXTRAS_SECONDS
from batches.selectors.preview import OTHER, Preview, of_one_campaign
from batches.selectors.recipients import starts_of
from batches.selectors.sighting_query import sightings
from syllable.resilience.deadline import Deadline
from syllable.schemas import BatchStatus


def view_fix(view: SightingFilter, *, statuses: Collection[BatchStatus], scope: Scope) -> Target | None:
    """Return the batches of the view that an operation with these `statuses` may touch, active ones first.

    A batch that is not over may have another status by now, so it is one of them. None if there are more than
    MOST_FIXED.
    """
    rows = _rows(view, scope).filter(_may_be_touched(statuses)).order_by(_active_first(), "batch_id")
    batch_ids = tuple(rows.values_list("batch_id", flat=True)[: MOST_FIXED + 1])
    return None if len(batch_ids) > MOST_FIXED else Target(TargetScope.SELECTION, batch_ids=batch_ids, view=view)


def view_preview(
    kind: Kind, target: Target, view: SightingFilter, *, statuses: Collection[BatchStatus], scope: Scope
) -> Preview:
    """Preview an operation over batches that `view_fix` returned. Raises no SyllableError.

    Only a resume calls the API: for the numbers of people, and for the campaign.
    """
    fixed = scope.limit(Sighting.objects.filter(batch_id__in=target.batch_ids))
    over = _rows(view, scope).exclude(_may_be_touched(statuses))
    found = Counter(dict(_by_status(fixed))) + Counter(dict(_by_status(over)))
    touched = sum(found[status] for status in statuses)
    skipped = {status or OTHER: count for status, count in found.items() if status not in statuses}
    shown = Preview(touched, skipped=skipped, seen_at=fixed.aggregate(at=Min("seen_at"))["at"])
    if kind != Kind.RESUME:
        return shown
    deadline = Deadline(EXTRAS_SECONDS)
    paused = [row.batch for row in fixed.filter(status__in=statuses).only("raw")]
    starts = starts_of(paused, deadline, scope=scope, is_complete=True)
    return of_one_campaign(replace(shown, starts=starts), deadline, scope=scope)


def _rows(view: SightingFilter, scope: Scope) -> QuerySet[Sighting]:
    return sightings(view, scope=scope, now=timezone.now())


def _may_be_touched(statuses: Collection[BatchStatus]) -> Q:
    return Q(is_over=False) | Q(status__in=statuses)


def _active_first() -> Case:
    return Case(When(status=BatchStatus.ACTIVE, then=0), default=1)


def _by_status(rows: QuerySet[Sighting]) -> QuerySet[Sighting, tuple[str, int]]:
    return rows.order_by().values_list("status").annotate(Count("pk"))
