"""The zones of campaigns without one of their own: those of their agents, read at most once an hour."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from batches.agents import agent_behind, agents_by_address
from batches.models import CampaignSighting
from batches.models.fields import storable
from batches.services.watch.turn import Turn
from batches.services.watch.walk import is_due
from syllable.client import SyllableClient
from syllable.errors import KeyRefused, NotFound, RateLimited, SyllableError
from syllable.schemas import Campaign, ChannelTarget

EVERY = timedelta(hours=1)
MOST_TARGET_PAGES = 20
MOST_CAMPAIGNS = 5000


def zones(turn: Turn) -> Iterator[None]:
    """Find the zones of campaigns, where the contract has agents; yields after each call."""
    if not turn.calls.contract.abilities.has_agents or not is_due(turn.position.get("zones_at"), EVERY, turn.began):
        return
    rows = CampaignSighting.objects.exclude(raw=None).values_list("pk", "raw")[:MOST_CAMPAIGNS]
    campaigns = {pk: Campaign.read(raw) for pk, raw in rows}
    without = {pk: campaign for pk, campaign in campaigns.items() if not campaign.timezone}
    by_address: dict[str, dict[str, Any]] = {}
    if any(campaign.source and not campaign.agent_id for campaign in without.values()):
        targets: list[ChannelTarget] = []
        yield from _targets(turn, targets)
        by_address = agents_by_address(targets)
    agents: dict[int | str, list[int]] = {}
    for pk, campaign in without.items():
        if agent := campaign.agent_id or agent_behind(campaign, by_address):
            agents.setdefault(agent, []).append(pk)
    for agent, pks in agents.items():
        yield from _zone(turn, agent, pks)
    turn.position["zones_at"] = turn.began.isoformat()


def _targets(turn: Turn, found: list[ChannelTarget]) -> Iterator[None]:
    for number in range(MOST_TARGET_PAGES):
        page, _ = turn.calls.make(partial(SyllableClient.list_channel_targets, page=number))
        found += page.items
        yield
        if not (page.has_next and page.items):
            return


def _zone(turn: Turn, agent_id: int | str, pks: list[int]) -> Iterator[None]:
    """Read one agent, and give its zone to its campaigns. An agent that cannot be read leaves their zone unknown."""
    try:
        agent, _ = turn.calls.make(partial(SyllableClient.get_agent, agent_id=agent_id))
    except (KeyRefused, RateLimited):
        raise
    except NotFound:
        zone = ""
    except SyllableError as error:
        turn.failures.note(f"agent {agent_id}", error)
        return
    else:
        turn.failures.end()
        zone = storable(agent.timezone or "")[:100]
    CampaignSighting.objects.filter(pk__in=pks).exclude(zone=zone).update(zone=zone)
    yield
