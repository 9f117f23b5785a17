"""When a campaign contacts people: its hours in its zone, which is its own or that of its agent."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from batches.access import Scope
from batches.agents import agent_behind, agents_by_address
from batches.calling_hours import CallingHours
from batches.selectors.hourly_cache import hourly
from batches.selectors.scoped_reader import Reader, reader
from common.time_zones import zone_or_none
from syllable.paging import pages
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import Campaign

# Of 100 addresses each.
MOST_TARGET_PAGES = 20
# A page waits no longer for a zone.
ZONE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class CampaignHours:
    """The hours of a campaign as far as they are known: the campaign, its zone, and its hours in this zone."""

    campaign: Campaign | None = None
    zone: ZoneInfo | None = None
    hours: CallingHours | None = None


def campaign_hours(campaign: Campaign | None, *, scope: Scope, deadline: Deadline | None = None) -> CampaignHours:
    """Return the hours of a campaign that was read within `scope`. Costs what `campaign_zone` costs."""
    if campaign is None:
        return CampaignHours()
    zone = campaign_zone(campaign, scope=scope, deadline=(deadline or Deadline(ZONE_SECONDS)).capped(ZONE_SECONDS))
    return CampaignHours(campaign, zone, CallingHours.of(campaign, zone))


def campaign_zone(
    campaign: Campaign, *, scope: Scope, deadline: Deadline, lane: Lane = Lane.PARALLEL
) -> ZoneInfo | None:
    """Return the zone of a campaign, None where it is not known or does not come before the deadline.

    A campaign without a zone of its own has that of its agent, where the contract has agents. The account's addresses
    and each agent are read at most once an hour.
    """
    client = reader(scope, lane)
    if campaign.timezone or not client.contract.abilities.has_agents:
        return zone_or_none(campaign.timezone or "")
    agent_id = campaign.agent_id or _agent_behind(campaign, client, deadline)
    if not agent_id:
        return None
    name = hourly(f"zone of agent {agent_id}", partial(_zone_of_agent, client, agent_id), deadline)
    return zone_or_none(name or "")


def _agent_behind(campaign: Campaign, client: Reader, deadline: Deadline) -> int | str | None:
    if not campaign.source:
        return None
    return agent_behind(campaign, hourly("agents by address", partial(_targets, client), deadline) or {})


def _targets(client: Reader, deadline: Deadline) -> dict[str, dict[str, Any]] | None:
    """Return the ids of the account's agents by address and mode, None where there are no addresses."""
    read = pages(partial(client.list_channel_targets, deadline=deadline), most=MOST_TARGET_PAGES)
    return agents_by_address(target for page in read for target in page.items) or None


def _zone_of_agent(client: Reader, agent_id: int | str, deadline: Deadline) -> str | None:
    return client.get_agent(agent_id, deadline=deadline).timezone or None
