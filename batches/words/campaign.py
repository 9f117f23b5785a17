"""How pages speak of a campaign as the watcher saw it."""

from zoneinfo import ZoneInfo

from batches.models import CampaignSighting
from batches.words.contact_hours import contact_hours
from batches.words.time_left import percent
from common.moments import NOTHING
from common.time_zones import is_time_zone


def campaign_label(row: CampaignSighting) -> str:
    """Return what a page calls the campaign of a row: its name, or its number without a name."""
    if row.campaign_id is None:
        return row.name.strip() or "No campaign"
    return row.name.strip() or f"Campaign {row.campaign_id}"


def campaign_hours(row: CampaignSighting) -> str:
    """Return when the campaign of a row may contact people; a dash where only batches name it."""
    if row.campaign is None:
        return NOTHING
    return contact_hours(row.campaign, ZoneInfo(row.zone) if is_time_zone(row.zone) else None)


def share_failed(row: CampaignSighting) -> str:
    """Return how many of the ended requests failed: `14 %`; a dash where none ended."""
    if not row.ended:
        return NOTHING
    return percent(row.failed / row.ended) if row.failed else "0 %"
