"""The campaigns that this process read lately, for pages of batches."""

from collections.abc import Iterable
from threading import Lock

from cachetools import TTLCache

from batches.access import Scope
from batches.selectors.parallel_reads import result_or_none, submit
from batches.selectors.scoped_reader import Reader, reader
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import Campaign

MOST_CAMPAIGNS = 1000
# Longer than their names: whoever finds the name finds the campaign.
KEPT_SECONDS = 2 * 60

_seen: TTLCache[tuple[Reader, str], Campaign] = TTLCache(MOST_CAMPAIGNS, KEPT_SECONDS)
_lock = Lock()


def campaigns_keep(campaigns: Iterable[Campaign], *, scope: Scope) -> None:
    """Remember campaigns that were just read within `scope`."""
    client = reader(scope)
    with _lock:
        _seen.update({(client, str(campaign.id)): campaign for campaign in campaigns})


def campaign_seen(campaign_id: int | str | None, *, scope: Scope, deadline: Deadline) -> Campaign | None:
    """Return a campaign as it was at most two minutes ago, from one call where no list had it; None if that fails."""
    if campaign_id is None:
        return None
    client = reader(scope)
    with _lock:
        found = _seen.get((client, str(campaign_id)))
    if found is None:
        reading = submit(client.within(Lane.PARALLEL).get_campaign, campaign_id, deadline=deadline)
        if found := result_or_none(reading, deadline):
            campaigns_keep([found], scope=scope)
    return found
