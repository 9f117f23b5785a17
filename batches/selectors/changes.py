"""Reads of the changes."""

from dataclasses import dataclass

from django.db.models import QuerySet

from batches.access import Scope
from batches.models import Change
from batches.selectors.operations import operation_entries
from common.numbers import whole_number
from trail.models import Entry

HISTORY_LENGTH = 20
ENTRIES_OF_A_CHANGE = 50


def changes_left_open(*, scope: Scope) -> QuerySet[Change]:
    """Return unsettled changes whose writer has no time left, oldest first, due for a look or not."""
    return scope.limit(Change.objects.unsettled().over()).order_by("pk")


def batch_history(batch_id: str, *, scope: Scope) -> QuerySet[Change]:
    """Return the newest changes of a batch."""
    return scope.limit(Change.objects.of_batch(batch_id).select_related("operation"))[:HISTORY_LENGTH]


def campaign_history(campaign_id: str, *, scope: Scope) -> QuerySet[Change]:
    """Return the newest changes of a campaign's batches; none for an id that is no number, which no change has."""
    return scope.limit(Change.objects.of_campaign(campaign_id).select_related("operation"))[:HISTORY_LENGTH]


def change_by_id(change_id: int, *, scope: Scope) -> Change | None:
    """Return one change, None where there is none."""
    changes = Change.objects.select_related("operation")
    return scope.limit(changes).filter(pk=change_id).first()


@dataclass(frozen=True, slots=True)
class ChangeStory:
    """What else happened to a change: its entries and the acts on its operation, oldest first, and what undid it."""

    entries: list[Entry]
    acts: list[Entry]
    undone_by: list[Change]


def change_story(change: Change, *, scope: Scope) -> ChangeStory:
    """Return what the trail knows about a change beside its row. Takes three queries, or two without an operation."""
    entries = scope.limit(Entry.objects.filter(change_id=change.pk)).order_by("-pk")[:ENTRIES_OF_A_CHANGE]
    acts = operation_entries(change.operation, scope=scope) if change.operation else []
    undone_by = scope.limit(Change.objects.filter(undoes=change)).order_by("pk")
    return ChangeStory(list(reversed(entries)), acts, list(undone_by[:ENTRIES_OF_A_CHANGE]))


def change_for_notice(change_id: str, *, scope: Scope, batch_id: str | None = None) -> Change | None:
    """Return the change that an address names as just made; None where it names none, or one of another batch."""
    number = whole_number(change_id)
    change = None if number is None else change_by_id(number, scope=scope)
    return change if change and batch_id in (None, change.batch_id) else None
