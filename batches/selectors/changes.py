"""Reads of the changes."""

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from batches.access import Scope
from batches.models import Change
from common.numbers import whole_number

CHANGES_PER_PAGE = 50
HISTORY_LENGTH = 20


def changes_page(
    *, scope: Scope, number: int | str = 1, not_confirmed_only: bool = False, batch_id: str = ""
) -> Page[Change]:
    """Return a page of the changes, newest first; an invalid number, or one past the end, gives the nearest page."""
    changes = scope.limit(Change.objects.all())
    if not_confirmed_only:
        changes = changes.not_confirmed()
    if batch_id:
        changes = changes.of_batch(batch_id)
    return Paginator(changes.order_by("-pk"), CHANGES_PER_PAGE).get_page(number)


def changes_left_open(*, scope: Scope) -> QuerySet[Change]:
    """Return unsettled changes whose writer has no time left, oldest first, due for a look or not."""
    return scope.limit(Change.objects.unsettled().over()).order_by("pk")


def batch_history(batch_id: str, *, scope: Scope) -> QuerySet[Change]:
    """Return the newest changes of a batch."""
    return scope.limit(Change.objects.of_batch(batch_id))[:HISTORY_LENGTH]


def campaign_history(campaign_id: str, *, scope: Scope) -> QuerySet[Change]:
    """Return the newest changes of a campaign's batches; none for an id that is no number, which no change has."""
    return scope.limit(Change.objects.of_campaign(campaign_id))[:HISTORY_LENGTH]


def change_by_id(change_id: int, *, scope: Scope) -> Change | None:
    """Return one change, None where there is none."""
    changes = Change.objects.select_related("operation")
    return scope.limit(changes).filter(pk=change_id).first()


def change_for_notice(change_id: str, *, scope: Scope, batch_id: str | None = None) -> Change | None:
    """Return the change that an address names as just made; None where it names none, or one of another batch."""
    number = whole_number(change_id)
    change = None if number is None else change_by_id(number, scope=scope)
    return change if change and batch_id in (None, change.batch_id) else None
