"""What the pages of operations read, all from our own database."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, Max, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Now

from batches.access import Scope
from batches.models import Change, Hold, ItemState, Operation, OperationItem, Outcome, Standing, State
from common.numbers import whole_number
from syllable.schemas import BatchStatus
from trail.models import Entry

OPERATIONS_PER_PAGE = 20
ITEMS_PER_PAGE = 50
OPERATIONS_OF_A_CAMPAIGN = 5
OPERATIONS_AT_A_GLANCE = 5
ENTRIES_OF_AN_OPERATION = 100
CAMPAIGN_OF_ITEM = "operation__campaign_id"
RATE_WINDOW = timedelta(seconds=60)
# Standings that need no attention.
AS_IT_SHALL_BE = (Standing.DONE, Standing.SKIPPED)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an operation is. `counts` has the number of its batches by their Standing.

    `stopped_since` is how many batches that a stop missed were paused or canceled from here later. `per_minute` is the
    rate of the last minute while the operation runs, of the whole afterwards, None where there is none yet;
    `seconds_left` is None where it is unknown.
    """

    operation: Operation
    counts: dict[str, int]
    stopped_since: int = 0
    per_minute: float | None = None
    seconds_left: int | None = None

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def waiting(self) -> int:
        return self.counts[Standing.WAITING]

    @property
    def done(self) -> int:
        return self.counts[Standing.DONE]

    @property
    def skipped(self) -> int:
        return self.counts[Standing.SKIPPED]

    @property
    def failed(self) -> int:
        return self.counts[Standing.FAILED]

    @property
    def unconfirmed(self) -> int:
        """How many batches were never confirmed, or are not yet."""
        return self.counts[Standing.UNCONFIRMED] + self.counts[Standing.NEVER_CONFIRMED]

    @property
    def ended(self) -> int:
        """How many batches were dealt with, whatever the outcome."""
        return self.total - self.waiting

    @property
    def confirmed(self) -> int:
        """How many batches are known to be as the operation wants."""
        return self.done + self.skipped

    @property
    def left(self) -> int:
        """How many batches are not known to be as the operation wants: a retry would be about these."""
        return self.total - self.confirmed

    @property
    def missing(self) -> int:
        """How many of these have not been stopped in another way since."""
        return self.left - self.stopped_since


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One batch of an operation, with its `status` as last read for a change, "" where it never was."""

    item: OperationItem
    standing: Standing
    status: str = ""
    read_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeaderCounts:
    """What the header of every page shows: the number of unconfirmed changes, and the open operations.

    `running` counts all open operations, `asking` those of them that wait for a person. `holds` counts the active
    holds, `alarms` those of them that are undone again and again; `alarming` is the newest of these.
    """

    not_confirmed: int
    running: int
    asking: int
    newest: int | None
    holds: int = 0
    alarms: int = 0
    alarming: int | None = None

    @property
    def under_way(self) -> int:
        return self.running - self.asking


def header_counts(*, scope: Scope) -> HeaderCounts:
    """Return the counts of the header. Takes two queries, and a third if a change is not settled."""
    operations, changes = scope.limit(Operation.objects.all()), scope.limit(Change.objects.all())
    holds = scope.limit(Hold.objects.all())
    states = Case(When(pk__in=holds.alarming().values("pk"), then=Value("alarm")), default=Value("hold"))
    held = holds.active().order_by().annotate(is_on=states).values_list("pk", "is_on")
    rows = list(operations.open().order_by().values_list("pk", "state").union(held, all=True))
    on_hold = {pk: state for pk, state in rows if state in ("hold", "alarm")}
    under_way = {pk: state for pk, state in rows if state in State}
    alarms = [pk for pk, state in on_hold.items() if state == "alarm"]
    return HeaderCounts(
        not_confirmed=changes.not_confirmed().count() if changes.unsettled().exists() else 0,
        running=len(under_way),
        asking=list(under_way.values()).count(State.ASKING),
        newest=max(under_way, default=None),
        holds=len(on_hold),
        alarms=len(alarms),
        alarming=max(alarms, default=None),
    )


def operation_by_id(operation_id: int, *, scope: Scope) -> Operation | None:
    """Return one operation with its related operations, None where there is none."""
    operations = Operation.objects.select_related("undoes", "stopped_by")
    return scope.limit(operations).filter(pk=operation_id).first()


def has_batch(operation_id: int, batch_id: str, *, scope: Scope) -> bool:
    """Return whether there is such an operation and the batch is among its own."""
    items = OperationItem.objects.filter(operation__pk=operation_id, batch_id=batch_id)
    return scope.limit(items, by=CAMPAIGN_OF_ITEM).exists()


def emergency_stop(*, scope: Scope) -> Operation | None:
    """Return the emergency stop that has not ended, if there is one."""
    return scope.limit(Operation.objects.open().emergency_stops()).order_by("-pk").first()


def operation_progress(operation: Operation, *, scope: Scope) -> Progress:
    """Return how far the operation is. Takes two queries, and one more for a stop that missed some batches."""
    is_recent = Q(finished_at__gte=Now() - RATE_WINDOW)
    found = _standing(scope.limit(operation.items.all(), by=CAMPAIGN_OF_ITEM)).order_by().values("standing")
    rows = list(found.annotate(count=Count("pk"), recent=Count("pk", filter=is_recent), now=Max(Now())))
    counts = _all_counts() | {row["standing"]: row["count"] for row in rows}
    progress = Progress(operation, counts, _stopped_since([Progress(operation, counts)], scope)[operation.pk])
    begun, over = operation.started_at, operation.finished_at
    if begun is None or not progress.ended:
        return progress
    if over:
        minutes = (over - begun).total_seconds() / 60
        return replace(progress, per_minute=progress.ended / minutes if minutes > 0 else None)
    minutes = max(1.0, min(rows[0]["now"] - begun, RATE_WINDOW).total_seconds()) / 60
    per_minute = sum(row["recent"] for row in rows) / minutes
    seconds_left = round(progress.waiting / per_minute * 60) if per_minute else None
    return replace(progress, per_minute=per_minute, seconds_left=seconds_left)


def operation_items(
    operation: Operation, *, scope: Scope, total: int, standing: str = "", number: int | str = 1
) -> tuple[Page[OperationItem], list[ItemRow]]:
    """Return a page of its batches, those that need a look first; `total` is the number with `standing`, "" for any.

    Takes three queries, or two if nothing on the page needs attention.
    """
    order = Case(*(When(standing=standing, then=Value(rank)) for rank, standing in enumerate(Standing)))
    items = _standing(scope.limit(operation.items.all(), by=CAMPAIGN_OF_ITEM)).order_by(order, "pk")
    paginator = Paginator(items.filter(standing=standing) if standing else items, ITEMS_PER_PAGE)
    # The caller knows the total already.
    paginator.__dict__["count"] = total
    page = paginator.get_page(number)
    return page, _rows(list(page.object_list), scope)


def _rows(items: list[Any], scope: Scope) -> list[ItemRow]:
    standings = {item.pk: Standing(item.standing) for item in items}
    doubtful = [item.batch_id for item in items if standings[item.pk] not in AS_IT_SHALL_BE]
    seen = _last_read(doubtful, scope) if doubtful else {}
    rows = []
    for item in items:
        change = seen.get(item.batch_id)
        batch = change.batch_seen if change else None
        status = str(batch.status) if batch else ""
        rows.append(ItemRow(item, standings[item.pk], status, change.seen_at if change else None))
    return rows


def _last_read(batch_ids: list[str], scope: Scope) -> dict[str, Change]:
    """Return the newest change of each batch for which the batch was read."""
    read = scope.limit(Change.objects.filter(batch_id__in=batch_ids, seen_at__isnull=False))
    newest = read.order_by().values("batch_id").annotate(newest=Max("pk")).values("newest")
    found = Change.objects.filter(pk__in=newest).only("batch_id", "seen", "seen_at")
    return {change.batch_id: change for change in found}


def _standing(items: QuerySet[OperationItem]) -> QuerySet[Any, Any]:
    """Return the items, annotated with their `standing`. Takes one query."""
    cases = [When(state=ItemState.UNCONFIRMED, then=Value(Standing.NEVER_CONFIRMED.value))]
    if Change.objects.unsettled().exists():
        not_confirmed = Change.objects.not_confirmed().values("pk")
        cases.insert(0, When(change__in=not_confirmed, then=Value(Standing.UNCONFIRMED.value)))
    return items.annotate(standing=Case(*cases, default=F("state")))


def _all_counts() -> dict[str, int]:
    return dict.fromkeys(map(str, Standing), 0)


def _stopped_since(found: Iterable[Progress], scope: Scope) -> Counter[int]:
    """Return, by the id of each ended stop, how many of the batches it missed were paused or canceled later.

    Only stops from this dashboard count, by whatever other operation or change.
    """
    stops = [progress.operation.pk for progress in found if progress.left and _is_stop_over(progress.operation)]
    if not stops:
        return Counter()
    later = Change.objects.filter(
        batch_id=OuterRef("batch_id"),
        outcome=Outcome.APPLIED,
        settled_at__gte=OuterRef("operation__created_at"),
        edit__has_key="status",
    )
    later = scope.limit(later).order_by("-pk")
    items = OperationItem.objects.filter(operation__in=stops).exclude(state__in=AS_IT_SHALL_BE)
    items = items.annotate(newest=Subquery(later.annotate(wanted=KT("edit__status")).values("wanted")[:1]))
    stopped = items.filter(newest__in=(BatchStatus.PAUSED, BatchStatus.CANCELED)).order_by()
    return Counter(dict(stopped.values_list("operation").annotate(count=Count("pk"))))


def _is_stop_over(operation: Operation) -> bool:
    return operation.is_stopping and not operation.is_open


def operation_entries(operation: Operation, *, scope: Scope) -> list[Entry]:
    """Return what people did about the operation, and what became of it without them: the newest, oldest first."""
    entries = scope.limit(Entry.objects.filter(operation_id=operation.pk, change_id=None)).order_by("-at", "-pk")
    return list(reversed(entries[:ENTRIES_OF_AN_OPERATION]))


def operations_page(*, scope: Scope, number: int | str = 1) -> tuple[Page[Operation], list[Progress]]:
    """Return a page of all operations, newest first, and how far each of them is."""
    page = Paginator(scope.limit(Operation.objects.order_by("-pk")), OPERATIONS_PER_PAGE).get_page(number)
    return page, _progress_of(page.object_list, scope)


def campaign_operations(campaign_id: str, *, scope: Scope) -> list[Progress]:
    """Return the newest operations within one campaign; none for an id that is no number, since none can have it."""
    number = whole_number(campaign_id)
    if number is None:
        return []
    operations = scope.limit(Operation.objects.filter(campaign_id=number))
    return _progress_of(operations[:OPERATIONS_OF_A_CAMPAIGN], scope)


def open_operations(*, scope: Scope) -> list[Progress]:
    """Return how far the newest operations are that have not ended. Takes two queries, one where there is none."""
    return _progress_of(scope.limit(Operation.objects.open().order_by("-pk"))[:OPERATIONS_AT_A_GLANCE], scope)


def _progress_of(operations: Iterable[Operation], scope: Scope) -> list[Progress]:
    operations = list(operations)
    if not operations:
        return []
    counted = (
        _standing(OperationItem.objects.filter(operation__in=operations))
        .order_by()
        .values_list("operation", "standing")
        .annotate(count=Count("pk"))
    )
    counts = {operation.pk: _all_counts() for operation in operations}
    for operation_id, standing, count in counted:
        counts[operation_id][standing] = count
    found = [Progress(operation, counts[operation.pk]) for operation in operations]
    stopped_since = _stopped_since(found, scope)
    return [replace(progress, stopped_since=stopped_since[progress.operation.pk]) for progress in found]
