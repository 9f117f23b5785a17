"""What the pages of operations read. All of it is ours: the API is asked for nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Case, Count, Max, Q, QuerySet, Value, When
from django.db.models.functions import Now

from batches.models import ItemState, Operation, OperationItem
from batches.models.clock import now_in_sql
from trail.models import Entry

OPERATIONS_PER_PAGE = 20
ITEMS_PER_PAGE = 50
OPERATIONS_OF_A_CAMPAIGN = 5
ENTRIES_OF_AN_OPERATION = 100
# Digits that every database holds.
LONGEST_NUMBER = 18
# What has to be looked at comes first.
ITEM_ORDER = (ItemState.FAILED, ItemState.UNCONFIRMED, ItemState.WAITING, ItemState.SKIPPED, ItemState.DONE)
RATE_WINDOW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an operation is. `counts` has its items by state; `per_minute` is the rate of the last minute while it
    runs, of the whole afterwards, None where there is none yet; `seconds_left` None where that cannot be told.
    """

    operation: Operation
    counts: dict[str, int]
    per_minute: float | None = None
    seconds_left: int | None = None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def waiting(self) -> int:
        return self.counts[ItemState.WAITING]

    @property
    def done(self) -> int:
        return self.counts[ItemState.DONE]

    @property
    def ended(self) -> int:
        return self.total - self.waiting

    @property
    def to_retry(self) -> int:
        """How many batches another try would be about."""
        return self.counts[ItemState.FAILED] + self.counts[ItemState.UNCONFIRMED] + self.waiting


@dataclass(frozen=True, slots=True)
class Heads:
    """What the header of every page says: the changes whose end is not known, and the operations that are not over."""

    unsettled: int
    running: int
    asking: int
    newest: int | None


HEADS = """
    SELECT
        (SELECT COUNT(*) FROM batches_change
            WHERE settled_at IS NULL AND NOT (outcome = 'started' AND deadline_at > {now})),
        COUNT(*), COUNT(CASE state WHEN 'asking' THEN 1 END), MAX(id)
    FROM batches_operation WHERE state IN ('waiting', 'running', 'asking')
"""


def heads() -> Heads:
    """See `Heads`; one query, written already, as every page asks it. What is being written just now is no news."""
    with connection.cursor() as cursor:
        cursor.execute(_heads_in_sql(), {})
        return Heads(*cursor.fetchone())


@cache
def _heads_in_sql() -> str:
    return HEADS.format(now=now_in_sql())


def operation_by_id(operation_id: int) -> Operation | None:
    """One operation with those that it has to do with, None where there is no such."""
    return Operation.objects.select_related("undoes", "stopped_by").filter(pk=operation_id).first()


def operation_progress(operation: Operation) -> Progress:
    """How far it is; one query, however many items it has."""
    found = operation.items.aggregate(
        **{state: Count("pk", filter=Q(state=state)) for state in ItemState},
        recent=Count("pk", filter=Q(finished_at__gte=Now() - RATE_WINDOW)),
        now=Max(Now()),
    )
    recent, now = found.pop("recent"), found.pop("now")
    progress = Progress(operation, found)
    begun, over = operation.started_at, operation.finished_at
    if begun is None or not progress.ended:
        return progress
    if over:
        minutes = (over - begun).total_seconds() / 60
        return Progress(operation, found, per_minute=progress.ended / minutes if minutes > 0 else None)
    minutes = max(1.0, min((now - begun), RATE_WINDOW).total_seconds()) / 60
    per_minute = recent / minutes
    seconds_left = round(progress.waiting / per_minute * 60) if per_minute else None
    return Progress(operation, found, per_minute=per_minute, seconds_left=seconds_left)


def operation_items(operation: Operation, *, total: int, state: str = "", number: int | str = 1) -> Page[OperationItem]:
    """A page of its batches, what failed first; `total` is how many there are of `state`, "" for any."""
    order = Case(*(When(state=state, then=Value(rank)) for rank, state in enumerate(ITEM_ORDER)))
    items: QuerySet[OperationItem] = operation.items.order_by(order, "pk")
    paginator = Paginator(items.filter(state=state) if state else items, ITEMS_PER_PAGE)
    # Counted already.
    paginator.__dict__["count"] = total
    return paginator.get_page(number)


def operation_entries(operation: Operation) -> list[Entry]:
    """What people did about it, and what became of it without them: the newest of it, oldest first."""
    entries = Entry.objects.filter(operation_id=operation.pk, change_id=None).order_by("-pk")
    return list(reversed(entries[:ENTRIES_OF_AN_OPERATION]))


def operations_page(*, number: int | str = 1) -> tuple[Page[Operation], list[Progress]]:
    """A page of all operations, newest first, and how far each of them is."""
    page = Paginator(Operation.objects.order_by("-pk"), OPERATIONS_PER_PAGE).get_page(number)
    return page, _progress_of(page.object_list)


def campaign_operations(campaign_id: str) -> list[Progress]:
    """The newest operations that keep to one campaign; none for an id that is no number, which has none."""
    if not is_numbered(campaign_id):
        return []
    return _progress_of(Operation.objects.filter(campaign_id=int(campaign_id))[:OPERATIONS_OF_A_CAMPAIGN])


def is_numbered(campaign_id: str) -> bool:
    """Whether an operation can be about this campaign: the API may call one otherwise than by a number."""
    return campaign_id.isascii() and campaign_id.isdigit() and len(campaign_id) <= LONGEST_NUMBER


def _progress_of(operations: Iterable[Operation]) -> list[Progress]:
    operations = list(operations)
    if not operations:
        return []
    counted = (
        OperationItem.objects.filter(operation__in=operations)
        .order_by()
        .values_list("operation", "state")
        .annotate(count=Count("pk"))
    )
    counts = {operation.pk: dict.fromkeys(map(str, ItemState), 0) for operation in operations}
    for operation_id, state, count in counted:
        counts[operation_id][state] = count
    return [Progress(operation, counts[operation.pk]) for operation in operations]
