"""Every campaign with sums over its batches. The API has no sums, so this counts the batches."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from django.conf import settings
from django.core.cache import caches
from django.utils import timezone

from batches.access import Scope
from batches.selectors.campaign_names import campaign_label
from batches.selectors.parallel_reads import pages_in_parallel, result, submit
from batches.selectors.scoped_reader import Reader, reader
from batches.selectors.stale_cache import LastSeen
from syllable.errors import SyllableError, SyllableUnavailable
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import OVER, Batch, BatchQuery, Campaign, Page

BATCHES_PER_PAGE = 100
MOST_PAGES = 30
# This page must leave room in the pool for the counts beside other people's lists.
PAGES_AT_A_TIME = 5
KEPT_SECONDS = 15
CACHE_KEY = "campaign-list-{scope}"


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One campaign. `campaign` is None if only batches name it; `id` is "" for batches without a campaign.

    `statuses` is the number of its batches by status. `requests` is None where the API counts none. `next_expiry` is
    the first expiry among its batches that have not ended; None where there is no such moment.
    """

    id: str
    label: str
    campaign: Campaign | None
    statuses: dict[str, int]
    requests: int | None
    next_expiry: datetime | None

    @property
    def kind(self) -> str:
        """How or from where the campaign reaches people, as far as known."""
        return (self.campaign.mode or self.campaign.source or "") if self.campaign else ""

    @property
    def batches(self) -> int:
        """The number of its batches."""
        return sum(self.statuses.values())

    @property
    def is_over(self) -> bool:
        """Whether all of its batches have ended for good."""
        return all(status in OVER for status in self.statuses)


@dataclass(frozen=True, slots=True)
class CampaignList:
    """The campaigns as of `read_at`; `stale_because` says why that is not now, where Syllable fails.

    `rows` is None where the campaigns could not be read, and `error` says why. The sums are over `counted` batches, the
    first by id, Z to A; `is_complete` says whether these are all. `unreadable` counts batches that were no objects.
    """

    read_at: datetime
    rows: list[CampaignRow] | None = None
    error: SyllableError | None = None
    counted: int = 0
    is_complete: bool = True
    unreadable: int = 0
    stale_because: SyllableUnavailable | None = None


_last_seen: LastSeen[CampaignList] = LastSeen(most=4)


def campaign_list(*, scope: Scope) -> CampaignList:
    """Return every campaign, those with batches that can still run first. May be 15 seconds old.

    Takes at most `SYLLABLE_TIMEOUT` seconds and raises no SyllableError. Costs the API the campaigns and at most 30
    pages of batches. If Syllable does not answer, returns what this process last saw, if anything; a definite refusal
    is never hidden like this.
    """
    key = CACHE_KEY.format(scope=scope.key)
    kept: CampaignList | None = caches["local"].get(key)
    if kept:
        return kept
    client = reader(scope)
    try:
        campaign_list = _read(client)
    except SyllableError as error:
        seen = _last_seen.get(client)
        if seen and isinstance(error, SyllableUnavailable):
            return replace(seen, stale_because=error)
        return CampaignList(timezone.now(), error=error)
    caches["local"].set(key, campaign_list, KEPT_SECONDS)
    _last_seen.keep(client, campaign_list)
    return campaign_list


def _read(client: Reader) -> CampaignList:
    deadline = Deadline(settings.SYLLABLE_TIMEOUT)
    parallel = client.within(Lane.PARALLEL)
    # From an API known to be silent only the first page is requested: this shows whether the API answers again.
    naming = submit(parallel.all_campaigns, deadline=deadline) if client.silent_since is None else None
    first = client.list_batches(_query(0), deadline=deadline)
    naming = naming or submit(parallel.all_campaigns, deadline=deadline)

    def read(number: int) -> Page[Batch]:
        return parallel.list_batches(_query(number), deadline=deadline)

    pages = pages_in_parallel(first, read, deadline, most=MOST_PAGES, at_a_time=PAGES_AT_A_TIME)
    campaigns = result(naming, deadline)
    batches = _once_each(chain.from_iterable(page.items for page in pages))
    now = timezone.now()
    return CampaignList(
        read_at=now,
        rows=_rows(campaigns, batches, now),
        counted=len(batches),
        is_complete=not pages[-1].has_next,
        unreadable=sum(page.unreadable for page in pages),
    )


def _query(page: int) -> BatchQuery:
    return BatchQuery(order_by="batch_id", descending=True, page=page, limit=BATCHES_PER_PAGE)


def _once_each(batches: Iterable[Batch]) -> list[Batch]:
    """Drop duplicates: batches that move to the next page during the reads come twice."""
    by_id: dict[object, Batch] = {}
    for batch in batches:
        by_id.setdefault(batch.batch_id or id(batch), batch)
    return list(by_id.values())


def _rows(campaigns: list[Campaign], batches: list[Batch], now: datetime) -> list[CampaignRow]:
    batches_of: dict[str, list[Batch]] = defaultdict(list)
    for batch in batches:
        batches_of[_key(batch.campaign_id)].append(batch)
    known = {_key(campaign.id): campaign for campaign in reversed(campaigns)}
    rows = [_row(key, known.get(key), batches_of[key], now) for key in {**known, **batches_of}]
    return sorted(rows, key=lambda row: (row.is_over, row.label.casefold(), row.id))


def _key(campaign_id: int | str | None) -> str:
    return "" if campaign_id is None else str(campaign_id)


def _row(key: str, campaign: Campaign | None, batches: list[Batch], now: datetime) -> CampaignRow:
    counts = [batch.count for batch in batches if isinstance(batch.count, int)]
    expiries = [batch.expires_on.at for batch in batches if batch.status not in OVER and batch.expires_on]
    name = campaign.campaign_name if campaign else ""
    return CampaignRow(
        id=key,
        label=campaign_label(key, name) if key else name or "No campaign",
        campaign=campaign,
        statuses=Counter(str(batch.status) for batch in batches),
        requests=sum(counts) if counts else None,
        next_expiry=min((at for at in expiries if at and at > now), default=None),
    )
