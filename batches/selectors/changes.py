"""Reads of the changes."""

from django.db.models import QuerySet

from batches.access import Scope
from batches.models import Change
from common.numbers import whole_number

HISTORY_LENGTH = 20


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


def change_for_notice(change_id: str, *, scope: Scope, batch_id: str | None = None) -> Change | None:
    """Return the change that an address names as just made; None where it names none, or one of another batch."""
    number = whole_number(change_id)
    change = None if number is None else change_by_id(number, scope=scope)
    return change if change and batch_id in (None, change.batch_id) else None
