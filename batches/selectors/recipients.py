"""Whom a resume starts to contact: which batches are paused, and how many people these still have to reach."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from batches.access import Scope
from batches.selectors.parallel_reads import pages_in_parallel, result, submit
from batches.selectors.scoped_reader import reader
from syllable.errors import NotFound, SyllableError
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import Batch, BatchQuery, BatchStatus, Page, Timestamp

ROWS_PER_PAGE = 100
MOST_PAGES = 10
# A preview must leave room in the pool for the reads beside other people's pages.
AT_A_TIME = 10
MOST_READ = 100


@dataclass(frozen=True, slots=True)
class People:
    """How many people some batches still have to call, text or email.

    `counted` is the sum over batches with exact counts; `at_most` is the size of the others, as far as known.
    `is_complete` is False if some batch has neither.
    """

    counted: int = 0
    at_most: int = 0
    is_complete: bool = True

    @property
    def most(self) -> int:
        """The most people there can be, where the count is complete."""
        return self.counted + self.at_most

    @property
    def is_nobody(self) -> bool:
        """Whether it is certain that nobody is left."""
        return self.is_complete and not self.most


@dataclass(frozen=True, slots=True)
class Starts:
    """Whom a resume starts to contact, as far as it could be read.

    `expired` counts the batches whose expiry has passed, `campaign_ids` are the campaigns of all. `not_resumed` counts
    paused batches that stay paused.
    """

    people: People
    expired: int
    campaign_ids: frozenset[int | str | None] = frozenset()
    not_resumed: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """Batches as they are now, by id.

    `unread` is how many could not be read, `error` the first reason. Deleted batches count as neither.
    """

    found: dict[str, Batch]
    unread: int
    error: SyllableError | None


def starts_of(
    batches: list[Batch], deadline: Deadline, *, scope: Scope, is_complete: bool, not_resumed: int = 0
) -> Starts:
    """Return whom resuming `batches` starts to contact; `is_complete` says whether these are all.

    Costs up to 100 calls.
    """
    now = timezone.now()
    return Starts(
        people=people_in(batches, deadline, scope=scope, is_complete=is_complete),
        expired=sum(_has_passed(batch.expires_on, now) for batch in batches),
        campaign_ids=frozenset(batch.campaign_id for batch in batches),
        not_resumed=not_resumed,
    )


def people_in(batches: Iterable[Batch], deadline: Deadline, *, scope: Scope, is_complete: bool) -> People:
    """Return the people that `batches` still have to reach.

    Batches from a list have no counts, so these are read one by one: the largest first, up to 100, within the deadline.
    """
    batches = sorted(batches, key=_size, reverse=True)
    unread = [batch.batch_id for batch in batches if batch.open_requests is None and batch.count != 0]
    read = read_each(unread[:MOST_READ], deadline, scope=scope).found
    counted = at_most = 0
    for batch in batches:
        known = read.get(batch.batch_id, batch).open_requests
        if known is not None:
            counted += known
        elif isinstance(batch.count, int):
            at_most += batch.count
        else:
            is_complete = False
    return People(counted, at_most, is_complete)


def read_each(batch_ids: list[str], deadline: Deadline, *, scope: Scope) -> Read:
    """Read each batch by itself, some in parallel, until the deadline."""
    client = reader(scope, Lane.PARALLEL)
    found: dict[str, Batch] = {}
    unread, error = len(batch_ids), None
    for start in range(0, len(batch_ids), AT_A_TIME):
        if deadline.expired:
            break
        some = batch_ids[start : start + AT_A_TIME]
        reading = {batch_id: submit(client.get_batch, batch_id, deadline=deadline) for batch_id in some}
        for batch_id, future in reading.items():
            try:
                found[batch_id] = result(future, deadline)
            except NotFound:
                pass
            except SyllableError as caught:
                error = error or caught
                continue
            unread -= 1
    return Read(found, unread, error)


def paused_batches(query: BatchQuery, deadline: Deadline, *, scope: Scope) -> tuple[list[Batch], bool]:
    """Return up to 1,000 paused batches of `query`, and whether these are all. Raises SyllableError.

    The pages are read in parallel once their number is known.
    """
    client = reader(scope, Lane.PARALLEL)
    if query.status not in ("", BatchStatus.PAUSED):
        return [], True
    query = replace(query, status=BatchStatus.PAUSED.value, order_by="batch_id", limit=ROWS_PER_PAGE)

    def read(number: int) -> Page[Batch]:
        return client.list_batches(replace(query, page=number), deadline=deadline)

    first = result(submit(read, 0), deadline)
    pages = pages_in_parallel(
        first, read, deadline, most=1 if first.total_count is None else MOST_PAGES, at_a_time=MOST_PAGES
    )
    batches = {batch.batch_id: batch for page in pages for batch in page.items}
    return list(batches.values()), not pages[-1].has_next


def _size(batch: Batch) -> int:
    return batch.count if isinstance(batch.count, int) else 0


def _has_passed(expires_on: Timestamp | None, now: datetime) -> bool:
    return bool(expires_on and expires_on.at and expires_on.at <= now)
