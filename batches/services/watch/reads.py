"""Batches that are read by themselves: for their counts, or because the lists have lost them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from batches.models import Change, Sighting
from batches.services.watch.stops import stopped_batches
from batches.services.watch.turn import Turn
from batches.services.watch.walk import moment
from syllable.schemas import BatchStatus

SOON = timedelta(hours=1)
# How often a batch is counted that is not active.
RESTING = timedelta(minutes=5)
# A row from further in the future is from before the clock was set back.
CLOCKS_DIFFER = timedelta(minutes=1)
CHUNK = 1000


def missing(turn: Turn) -> Iterator[None]:
    """Read what the last walk by status has lost: it may have ended, or moved from one list to another meanwhile."""
    listed_at = turn.position.get("listed_at")
    if listed_at is None:
        return
    yield from _find(turn, Sighting.objects.filter(is_over=False), moment(listed_at))
    turn.state.looked_at = moment(turn.position.pop("listed_at"))


def unlisted(turn: Turn, listed_at: datetime) -> Iterator[None]:
    """Read what a full look has missed. What has no answer of its own either is gone."""
    yield from _find(turn, Sighting.objects.all(), listed_at)


def active(turn: Turn) -> Iterator[None]:
    """Read active batches for their counts, those that expire soon first."""
    rows = _counted_before(turn.began).filter(status=BatchStatus.ACTIVE)
    yield from _read_oldest(turn, rows.filter(expires_at__lt=turn.began + SOON))
    yield from _read_oldest(turn, rows)


def resting(turn: Turn) -> Iterator[None]:
    """Read the other batches that are not over for their counts, now and then."""
    yield from _read_oldest(turn, _counted_before(turn.began - RESTING).exclude(status=BatchStatus.ACTIVE))


def _counted_before(at: datetime) -> QuerySet[Sighting]:
    return Sighting.objects.filter(_not_since("counted_at", at), is_over=False, gone_at=None)


def _read_oldest(turn: Turn, rows: QuerySet[Sighting]) -> Iterator[None]:
    """Read batches, those counted longest ago first; those that a read does not change stay in front."""
    batch_ids = rows.order_by(F("counted_at").asc(nulls_first=True)).values_list("batch_id", flat=True)
    while chunk := list(filter(turn.can_be_read, batch_ids[:CHUNK])):
        for batch_id in filter(turn.can_be_read, chunk):
            turn.read(batch_id)
            yield


def stopped(turn: Turn) -> Iterator[None]:
    """Read batches that a stop has just dealt with: all that the watcher does while a stop is carried out."""
    for batch_id in filter(turn.can_be_read, stopped_batches()):
        turn.read(batch_id, for_stop=True)
        yield


def not_believed(turn: Turn) -> Iterator[None]:
    """Read batches of which a list shows something new that is not believed, in this turn or in an earlier one."""
    while batch_ids := list(filter(turn.can_be_read, turn.doubtful)):
        for batch_id in batch_ids:
            turn.read(batch_id)
            yield


def _find(turn: Turn, rows: QuerySet[Sighting], listed_at: datetime) -> Iterator[None]:
    being_written = Change.objects.ours().left_open().filter(batch_id=OuterRef("batch_id"))
    lost = rows.filter(~Exists(being_written), _not_since("seen_at", listed_at), gone_at=None).order_by("pk")
    last = 0
    while found := list(lost.filter(pk__gt=last).values_list("pk", "batch_id")[:CHUNK]):
        last = found[-1][0]
        for _, batch_id in found:
            if turn.can_be_read(batch_id):
                turn.read(batch_id)
                yield
            if batch_id in turn.unknown:
                turn.gone(batch_id)


def _not_since(column: str, at: datetime) -> Q:
    """Match rows whose moment in `column` is missing, or before `at`; or in a future that was taken back."""
    future = at + CLOCKS_DIFFER if column == "seen_at" else at + RESTING + CLOCKS_DIFFER
    return Q(**{column: None}) | Q(**{f"{column}__lt": at}) | Q(**{f"{column}__gt": future})
