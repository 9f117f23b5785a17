"""What is still going on in batches that stops have stopped, looked at until nobody is contacted any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from batches.models import STOPPING, ItemState, Operation, OperationItem, StopCheck
from batches.services.operations.silence import silence_record
from batches.services.watch.answer import BatchAnswer
from batches.services.watch.departure import LeaseLost
from batches.services.watch.turn import Turn
from syllable.schemas import RUNNING, Batch, Timestamp

# So long after a batch was stopped somebody looks.
LOOKS_FOR = timedelta(hours=1)
# So long requests begin that had left for their channel. After that, a batch with none under way rests between looks.
LATE_STARTS = timedelta(minutes=10)
RESTING = timedelta(minutes=5)
# The API tells its time to the second.
TO_THE_SECOND = timedelta(seconds=1)
NOT_BEGUN = ("PENDING", "CANCELED", "DUPLICATE", "INVALID")
CHUNK = 100


def silence(turn: Turn) -> Iterator[None]:
    """Look at batches of recent stops, the longest not looked at first; yields after each batch."""
    tried: set[int] = set()
    while items := list(_due(turn.began).exclude(pk__in=tried)[:CHUNK]):
        tried |= {item.pk for item in items}
        for item in items:
            if item.batch_id in turn.failures:
                continue
            reading = turn.read(item.batch_id, with_results=True)
            yield
            if reading is not None:
                answer, departure = reading
                _note(item, answer, departure.at, turn)


def _due(now: datetime) -> QuerySet[OperationItem]:
    recent = Operation.objects.filter(kind__in=STOPPING, hold=None, created_at__lte=now).filter(
        Q(finished_at=None) | Q(finished_at__gt=now - LOOKS_FOR)
    )
    items = OperationItem.objects.filter(
        operation__in=recent,
        state__in=(ItemState.DONE, ItemState.SKIPPED),
        finished_at__gt=now - LOOKS_FOR,
    )
    due = (
        Q(stop_check=None)
        | Q(stop_check__under_way=None)
        | Q(stop_check__under_way__gt=0)
        | Q(finished_at__gt=now - LATE_STARTS)
        | Q(stop_check__checked_at__lt=now - RESTING)
    )
    # What was looked at in this turn is not due again.
    looked = Q(stop_check__checked_at__gte=now) | Q(stop_check__runs_again=True)
    oldest = F("stop_check__checked_at").asc(nulls_first=True)
    return items.filter(due).exclude(looked).select_related("change", "stop_check").order_by(oldest, "pk")


@transaction.atomic
def _note(item: OperationItem, answer: BatchAnswer, at: datetime, turn: Turn) -> None:
    if not turn.calls.lease.keep():
        raise LeaseLost
    before = getattr(item, "stop_check", None)
    check = StopCheck(item=item, checked_at=at, runs_again=answer.batch.status in RUNNING)
    if before is not None:
        check.begun, check.began_since, check.last_began_at = before.begun, before.began_since, before.last_began_at
    if answer.counts and not check.runs_again:
        check.under_way = answer.counts.under_way + answer.counts.untold
        begun = _begun(answer.batch)
        if check.begun is None:
            check.begun = _begun_at_stop(item, otherwise=begun)
        moments = _moments(answer)
        check.last_began_at = max(moments, default=check.last_began_at)
        stopped_at = _stopped_at(item, turn.calls.api_ahead)
        late = sum(moment > stopped_at for moment in moments) if stopped_at else 0
        check.began_since = max(check.began_since, begun - check.begun, late)
    check.save()
    silence_record(item, check, before)


def _moments(answer: BatchAnswer) -> list[datetime]:
    """Return when the requests began that have."""
    sent = (row.get("sent_at") for row in answer.results or ())
    read = (Timestamp.read(text).at for text in sent if isinstance(text, str))
    return [at for at in read if at is not None]


def _begun(batch: Batch) -> int:
    """Return how many requests have begun: a request that was waiting and is canceled has not."""
    counts = batch.status_counts or {}
    return sum(max(count, 0) for status, count in counts.items() if status.upper() not in NOT_BEGUN)


def _begun_at_stop(item: OperationItem, *, otherwise: int) -> int:
    """Return how many had begun by the answer that confirmed the stop, `otherwise` where that has no counts."""
    seen = item.change.batch_seen if item.change else None
    return otherwise if seen is None or seen.status_counts is None else _begun(seen)


def _stopped_at(item: OperationItem, api_ahead: timedelta | None) -> datetime | None:
    """Return when the batch was stopped, by the API's clock; None where nobody can tell."""
    seen = item.change.batch_seen if item.change else None
    if seen and seen.last_updated_at:
        return seen.last_updated_at.at
    if item.finished_at is None or api_ahead is None:
        return None
    return item.finished_at + api_ahead + TO_THE_SECOND
