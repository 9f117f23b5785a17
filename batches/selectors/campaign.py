"""What the page of one campaign reads."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from batches.access import Scope
from batches.models import CampaignSighting, Change
from batches.selectors.batches import BatchList, batch_list
from batches.selectors.campaign_names import campaign_label
from batches.selectors.campaign_zone import CampaignHours, campaign_hours
from batches.selectors.changes import campaign_history
from batches.selectors.operations import Progress, campaign_operations
from batches.selectors.parallel_reads import EXTRAS_SECONDS, result, submit
from batches.selectors.scoped_reader import reader
from batches.selectors.sightings import CampaignOutlook, campaign_outlook, campaign_sighting_of
from batches.selectors.stale_cache import LastSeen
from batches.selectors.watching import Watching, watching
from common.numbers import whole_number
from syllable.errors import NotFound, SyllableError, SyllableUnavailable
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import BatchQuery, Campaign


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """A campaign as of `read_at`, its first batches, its operations and its history.

    `sighting` has the people of its batches that are not over, as the watcher last saw them, and `outlook` what is to
    come; `watching` is how the watcher is doing. All are None where the watcher saw nothing.
    `error` says why the campaign could not be read now; `campaign` is then the version that this process last saw, or
    None. The batches do not depend on it: the API keeps those of a deleted campaign.
    """

    campaign_id: str
    label: str
    campaign: Campaign | None
    read_at: datetime
    error: SyllableError | None
    hours: CampaignHours
    batches: BatchList
    operations: list[Progress]
    history: list[Change]
    sighting: CampaignSighting | None = None
    outlook: CampaignOutlook | None = None
    watching: Watching | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether Syllable knows neither the campaign nor any batch of it."""
        page = self.batches.page
        return isinstance(self.error, NotFound) and page is not None and not page.items

    @property
    def has_actions(self) -> bool:
        """Whether operations can name the campaign: the trail needs a number."""
        return not self.is_unknown and whole_number(self.campaign_id) is not None


_last_seen: LastSeen[tuple[Campaign, datetime]] = LastSeen(most=64)


def campaign_page(query: BatchQuery, *, scope: Scope) -> CampaignPage:
    """Return the page of the campaign in `query`, a query for its batches.

    Costs one GET beside the cost of `batch_list` and of `campaign_hours`, takes as long as these, and raises no
    SyllableError.
    """
    campaign_id = query.campaign_id
    client = reader(scope)
    deadline = Deadline(settings.SYLLABLE_TIMEOUT).capped(EXTRAS_SECONDS)
    reading = submit(client.within(Lane.PARALLEL).get_campaign, campaign_id, deadline=deadline)
    batches = batch_list(query, scope=scope)
    operations = campaign_operations(campaign_id, scope=scope)
    history = list(campaign_history(campaign_id, scope=scope))
    campaign, read_at, error = None, timezone.now(), None
    try:
        campaign = result(reading, deadline)
        _last_seen.keep((client, campaign_id), (campaign, read_at))
    except SyllableError as caught:
        error = caught
        if isinstance(caught, SyllableUnavailable) and (seen := _last_seen.get((client, campaign_id))):
            campaign, read_at = seen
    number = whole_number(campaign_id)
    sighting = campaign_sighting_of(number, scope=scope)
    name = campaign.campaign_name if campaign else batches.campaign_names.get(campaign_id)
    label = campaign_label(campaign_id, name or (sighting.name if sighting else None))
    outlook = campaign_outlook(number, scope=scope) if sighting and number is not None else None
    return CampaignPage(
        campaign_id,
        label,
        campaign,
        read_at,
        error,
        campaign_hours(campaign, scope=scope),
        batches,
        operations,
        history,
        sighting,
        outlook,
        watching() if sighting else None,
    )
