"""The usual look: the batches that are not over, by the lists of the API."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from batches.services.watch.turn import MOST_PAGES, ROWS_PER_PAGE, Turn
from syllable.errors import Invalid
from syllable.schemas import Batch, BatchQuery, BatchStatus

# Clocks differ, and a list may show a batch later than its moment says.
OVERLAP = timedelta(minutes=2)
LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)
BY_UPDATE = "last_updated_at"
# The one that only one contract has comes last: which contract that is shows in the first answer.
STATUSES = (BatchStatus.ACTIVE, BatchStatus.PENDING, BatchStatus.PAUSED, BatchStatus.IDLE)


def walk(turn: Turn) -> Iterator[None]:
    """Read the lists once, or go on where the last turn stopped; yields after each call.

    Where the API sorts by `last_updated_at`, that is what was updated since the last look; else, and the first time,
    all that is not over, by status.
    """
    place = turn.position.get("walk") or {}
    if "page" not in place or moment(place.get("began")) > turn.began:
        place = turn.position["walk"] = {"page": 0, "status": 0, "since": turn.position.get("updated_until")}
    if _sorts(turn) and place["since"]:
        yield from _by_update(turn, place)
    else:
        yield from _by_status(turn, place)


def _by_update(turn: Turn, place: dict[str, Any]) -> Iterator[None]:
    since = moment(place["since"]) - OVERLAP
    while True:
        query = BatchQuery(order_by=BY_UPDATE, descending=True, page=place["page"], limit=ROWS_PER_PAGE)
        try:
            page, departure = turn.page(query)
        except Invalid:
            # The API speaks another contract now, and its lists by status will show which.
            turn.position.update(walk={}, updated_until=None)
            raise
        _note(place, page.items, departure.at)
        place["page"] += 1
        is_last = not (page.has_next and page.items) or place["page"] >= MOST_PAGES
        if is_last or _all_older(page.items, since):
            _finish(turn, place)
        turn.keep(page.items, departure)
        yield
        if "page" not in place:
            return


def _by_status(turn: Turn, place: dict[str, Any]) -> Iterator[None]:
    while place["status"] < len(statuses := _statuses(turn)):
        status = statuses[place["status"]]
        query = BatchQuery(status=status, order_by="batch_id", page=place["page"], limit=ROWS_PER_PAGE)
        page, departure = turn.page(query)
        _note(place, page.items, departure.at)
        place["page"] += 1
        if not (page.has_next and page.items) or place["page"] >= MOST_PAGES:
            place |= {"page": 0, "status": place["status"] + 1}
        if place["status"] == len(_statuses(turn)):
            _finish(turn, place, is_listed=True)
        turn.keep(page.items, departure)
        yield
        if "page" not in place:
            return


def _sorts(turn: Turn) -> bool:
    return BY_UPDATE in turn.calls.contract.abilities.order_by


def _statuses(turn: Turn) -> list[BatchStatus]:
    return [status for status in STATUSES if status in turn.calls.contract.abilities.statuses]


def _note(place: dict[str, Any], batches: list[Batch], at: datetime) -> None:
    """Note when the walk began, and the newest update that it saw."""
    place.setdefault("began", at.isoformat())
    newest = max(_updates(batches), default=None)
    if newest is not None:
        # What claims to be from the future must not hide what comes.
        place["until"] = max(place.get("until", ""), min(newest, at).isoformat())


def _updates(batches: list[Batch]) -> list[datetime]:
    return [batch.last_updated_at.at for batch in batches if batch.last_updated_at and batch.last_updated_at.at]


def _all_older(batches: list[Batch], since: datetime) -> bool:
    """Return whether the list has come to updates from before `since`, as far as it is sorted at all."""
    moments = _updates(batches)
    is_sorted = all(one >= other for one, other in pairwise(moments))
    return bool(moments) and is_sorted and moments[-1] < since


def _finish(turn: Turn, place: dict[str, Any], *, is_listed: bool = False) -> None:
    """End the walk: what is not over was seen, except for batches that a list by status has lost."""
    began = place["began"]
    if is_listed:
        turn.position["listed_at"] = began
    else:
        turn.state.looked_at = moment(began)
    if until := place.get("until"):
        turn.position["updated_until"] = until
    elif _sorts(turn):
        turn.position["updated_until"] = began
    place.clear()


def moment(text: str | None) -> datetime:
    """Read a moment of the position."""
    return datetime.fromisoformat(text) if text else LONG_AGO


def is_due(last: str | datetime | None, every: timedelta, now: datetime) -> bool:
    """Return whether something that is done every so often is due; so it is if the last time is in the future."""
    last = moment(last) if isinstance(last, str) else last
    return last is None or not last <= now < last + every
