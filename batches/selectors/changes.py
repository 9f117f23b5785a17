"""Reads of the audit trail."""

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
    """A page of the trail, newest first; a number that is none, or past the end, gives the nearest page there is."""
    changes = scope.limit(Change.objects.all())
    if not_confirmed_only:
        changes = changes.not_confirmed()
    if batch_id:
        changes = changes.of_batch(batch_id)
    return Paginator(changes.order_by("-pk"), CHANGES_PER_PAGE).get_page(number)


def changes_left_open(*, scope: Scope) -> QuerySet[Change]:
    """What is not settled although its writer's time is over, oldest first, whether or not a look at it is due."""
    return scope.limit(Change.objects.unsettled().over()).order_by("pk")


def batch_history(batch_id: str, *, scope: Scope) -> QuerySet[Change]:
    """The newest changes of a batch."""
    return scope.limit(Change.objects.of_batch(batch_id))[:HISTORY_LENGTH]


def campaign_history(campaign_id: str, *, scope: Scope) -> QuerySet[Change]:
    """The newest changes of a campaign's batches; none for an id that is no number, which the trail does not keep."""
    return scope.limit(Change.objects.of_campaign(campaign_id))[:HISTORY_LENGTH]


def change_by_id(change_id: int, *, scope: Scope) -> Change | None:
    """One change, None where there is no such."""
    changes = Change.objects.select_related("actor", "undoes", "operation")
    return scope.limit(changes).filter(pk=change_id).first()


def change_for_notice(change_id: str, *, scope: Scope, batch_id: str | None = None) -> Change | None:
    """The change that an address names as just made; None where it names none, or one of another batch."""
    number = whole_number(change_id)
    change = None if number is None else change_by_id(number, scope=scope)
    return change if change and batch_id in (None, change.batch_id) else None
