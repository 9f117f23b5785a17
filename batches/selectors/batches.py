"""The list of batches with everything shown beside it, read in parallel."""

import hashlib
import json
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.core.cache import caches
from django.utils import timezone

from batches.access import Scope
from batches.selectors.campaign_names import cached_campaign_names, campaign_names
from batches.selectors.parallel_reads import EXTRAS_SECONDS, result_or_none, submit
from batches.selectors.scoped_reader import Reader, reader
from batches.selectors.stale_cache import LastSeen
from batches.selectors.watching import Watching
from syllable.errors import Invalid, SyllableError, SyllableUnavailable
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import Batch, BatchQuery, Page

COUNTS_KEPT_SECONDS = 5
ALL = ""

Counts = dict[str, int | None]


@dataclass(frozen=True, slots=True)
class BatchList:
    """One page of batches as of `read_at`, which is now unless it `is_stale`; `stale_because` then says why.

    `page` is None where it could not be read, and `error` says why. `counts` has the number of batches by status, ""
    for all of them; None where it is unknown. `campaign_names` is by campaign id as text; empty where the names could
    not be read. `is_reordered` says that Syllable has no such order: the page is then by batch id, Z to A.

    A list that is drawn from what the watcher saw has `watching`. Its `page` is None where there is nothing to show, or
    the database took too long (`is_too_slow`). `is_many` says that more match than are counted.
    """

    read_at: datetime
    page: Page[Batch] | None
    error: SyllableError | None
    counts: Counts
    campaign_names: dict[str, str]
    stale_because: SyllableUnavailable | None = None
    is_reordered: bool = False
    watching: Watching | None = None
    is_many: bool = False
    is_too_slow: bool = False

    @property
    def is_stale(self) -> bool:
        """Whether the page is old because Syllable does not answer: then no write may start from it."""
        return self.stale_because is not None


# Pages of a hundred rows take about 300 kB each.
_last_seen: LastSeen[BatchList] = LastSeen(most=64)


def batch_list(query: BatchQuery, *, scope: Scope) -> BatchList:
    """Return the page of batches for `query`, the counts of every status and the names of the campaigns.

    Takes at most `SYLLABLE_TIMEOUT` seconds and raises no SyllableError. The counts respect the campaign and the search
    of `query` and may be 5 seconds old. If Syllable does not answer, returns the list that this process last saw for
    the same `query`, if any; a definite refusal is never hidden like this.
    """
    client = reader(scope)
    batch_list = _read(client, query)
    if batch_list.error is None:
        _last_seen.keep((client, query), batch_list)
    elif isinstance(batch_list.error, SyllableUnavailable) and (seen := _last_seen.get((client, query))):
        return replace(seen, stale_because=batch_list.error)
    return batch_list


def batch_counts(query: BatchQuery, *, scope: Scope) -> Counts:
    """Return the number of batches by status, "" for all of them, where only the campaign and search of `query` matter.

    May be 5 seconds old. None where it is unknown. Raises no SyllableError.
    """
    client = reader(scope)
    extras = Deadline(settings.SYLLABLE_TIMEOUT).capped(EXTRAS_SECONDS)
    counts, counting = _counts(client, _parts(client, query), extras)
    return counts | {status: result_or_none(future, extras) for status, future in counting.items()}


def _read(client: Reader, query: BatchQuery) -> BatchList:
    deadline = Deadline(settings.SYLLABLE_TIMEOUT)
    extras = deadline.capped(EXTRAS_SECONDS)
    # The page itself has the count of the status it is filtered by.
    parts = {status: part for status, part in _parts(client, query).items() if status != query.status}
    counts, counting = _counts(client, parts, extras)
    names = cached_campaign_names(scope=client.scope)
    naming = None
    if names is None and client.silent_since is None:
        naming = submit(campaign_names, scope=client.scope, deadline=extras, lane=Lane.PARALLEL)
    page, error, is_reordered = None, None, False
    try:
        page, is_reordered = _page(client, query, deadline)
    except SyllableError as caught:
        error = caught
        # Nobody waits for numbers beside a page that is missing.
        extras = Deadline(0)
    counts[query.status] = page.total_count if page else None
    counts |= {status: result_or_none(future, extras) for status, future in counting.items()}
    if naming is not None:
        names = result_or_none(naming, extras)
    return BatchList(timezone.now(), page, error, counts, names or {}, is_reordered=is_reordered)


def _page(client: Reader, query: BatchQuery, deadline: Deadline) -> tuple[Page[Batch], bool]:
    """Return the page, and whether it is by batch id because Syllable refused an order that not every contract has."""
    try:
        return client.list_batches(query, deadline=deadline), False
    except Invalid:
        if query.order_by in ("", *client.contracts.certain.order_by):
            raise
    return client.list_batches(replace(query, order_by="batch_id", descending=True), deadline=deadline), True


def _parts(client: Reader, query: BatchQuery) -> dict[str, BatchQuery]:
    return {status: replace(query, status=status) for status in (ALL, *client.contract.abilities.statuses)}


def _counts(
    client: Reader, parts: dict[str, BatchQuery], deadline: Deadline
) -> tuple[Counts, dict[str, Future[int | None] | None]]:
    """Return the counts that are kept, and those that are being asked for; none are while Syllable is silent."""
    keys = {status: _cache_key(part, client.scope) for status, part in parts.items()}
    cached = caches["local"].get_many(keys.values())
    counts: Counts = {status: cached.get(key) for status, key in keys.items()}
    if client.silent_since is not None:
        return counts, {}
    missing = {status: part for status, part in parts.items() if keys[status] not in cached}
    return counts, {status: submit(_count, part, deadline, scope=client.scope) for status, part in missing.items()}


def _count(query: BatchQuery, deadline: Deadline, *, scope: Scope) -> int | None:
    # The documents allow a limit of 0, but do not say what it means.
    question = replace(query, order_by="", descending=False, page=0, limit=1)
    count = reader(scope, Lane.PARALLEL).list_batches(question, deadline=deadline).total_count
    caches["local"].set(_cache_key(query, scope), count, COUNTS_KEPT_SECONDS)
    return count


def _cache_key(query: BatchQuery, scope: Scope) -> str:
    restriction = json.dumps([scope.key, query.status, query.campaign_id, query.batch_id])
    return f"batch-count-{hashlib.sha256(restriction.encode()).hexdigest()}"
