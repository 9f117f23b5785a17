"""The names of campaigns, for batches that only have their numbers."""

from django.conf import settings
from django.core.cache import caches

from batches.access import Scope
from batches.campaign_cache import campaign_names_note
from batches.selectors.campaign_seen import campaigns_keep
from batches.selectors.scoped_reader import reader
from syllable.errors import SyllableError
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline

MOST_CAMPAIGNS = 300
NAMES_KEPT_SECONDS = 60
CACHE_KEY = "campaign-names-{scope}"


def cached_campaign_names(*, scope: Scope) -> dict[str, str] | None:
    """Return the names by campaign id if `campaign_names` read them within the last minute, else None."""
    names: dict[str, str] | None = caches["local"].get(CACHE_KEY.format(scope=scope.key))
    return names


def campaign_names(*, scope: Scope, deadline: Deadline, lane: Lane = Lane.PAGES) -> dict[str, str]:
    """Return the names of the first 300 campaigns by id, from one call. Raises SyllableError."""
    page = reader(scope, lane).list_campaigns(limit=MOST_CAMPAIGNS, deadline=deadline)
    names = {str(campaign.id): campaign_label(campaign.id, campaign.campaign_name) for campaign in page.items}
    campaign_names_note(names)
    campaigns_keep(page.items, scope=scope)
    caches["local"].set(CACHE_KEY.format(scope=scope.key), names, NAMES_KEPT_SECONDS)
    return names


def campaign_name(campaign_id: int | str | None, *, scope: Scope) -> str:
    """Return what a page calls one campaign. Never fails: returns the number where the name cannot be read."""
    names = cached_campaign_names(scope=scope)
    if names is None:
        try:
            names = campaign_names(scope=scope, deadline=Deadline(settings.SYLLABLE_TIMEOUT))
        except SyllableError:
            names = {}
    return campaign_label(campaign_id, names.get(str(campaign_id)))


def campaign_label(campaign_id: int | str | None, name: str | None) -> str:
    """Return what a page calls a campaign: its name, or its number without a name; "" for no campaign."""
    if campaign_id is None:
        return ""
    return (name or "").strip() or f"Campaign {campaign_id}"
