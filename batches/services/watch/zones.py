"""The zones of campaigns without one of their own: those of their agents, read at most once an hour."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from batches.agents import agent_behind, agents_by_address
from batches.models import CampaignSighting
from batches.models.fields import storable
from batches.services.watch.turn import Turn
from batches.services.watch.walk import is_due
from syllable.client import SyllableClient
from syllable.errors import NotFound, RateLimited, SyllableError
from syllable.schemas import Campaign, ChannelTarget

logger = structlog.get_logger(__name__)

EVERY = timedelta(hours=1)
# When the rest is read after so many failures.
MOST_FAILURES = 3
AGAIN_AFTER = timedelta(minutes=5)
MOST_TARGET_PAGES = 20
MOST_CAMPAIGNS = 5000
Agent = int | str


@dataclass(slots=True)
class ZonesRead:
    """What was read so far, of zones that take more than one turn. `by_address` is None where it cannot be read."""

    by_address: dict[str, dict[str, Any]] | None = None
    has_asked: bool = False
    agents: set[Agent] = field(default_factory=set)
    failures: int = 0


def zones(turn: Turn) -> Iterator[None]:
    """Find the zones of campaigns, where the contract has agents; yields after each call.

    What cannot be read leaves zones as they were. The lists tell whether Syllable answers, so nothing else waits.
    """
    if not turn.calls.contract.abilities.has_agents or not is_due(turn.position.get("zones_at"), EVERY, turn.began):
        return
    read = turn.kept.setdefault("zones", ZonesRead())
    rows = CampaignSighting.objects.exclude(raw=None).values_list("pk", "raw")[:MOST_CAMPAIGNS]
    without = {pk: campaign for pk, raw in rows if not (campaign := Campaign.read(raw)).timezone}
    if not read.has_asked and any(campaign.source and not campaign.agent_id for campaign in without.values()):
        yield from _addresses(turn, read)
    for agent, pks in _by_agent(without, read).items():
        if agent not in read.agents:
            yield from _zone(turn, read, agent, pks)
        if read.failures >= MOST_FAILURES:
            read.failures = 0
            turn.position["zones_at"] = (turn.began - EVERY + AGAIN_AFTER).isoformat()
            return
    turn.kept.pop("zones")
    turn.position["zones_at"] = turn.began.isoformat()


def _addresses(turn: Turn, read: ZonesRead) -> Iterator[None]:
    found: list[ChannelTarget] = []
    for number in range(MOST_TARGET_PAGES):
        try:
            page, _ = turn.calls.make(partial(SyllableClient.list_channel_targets, page=number))
        except RateLimited:
            raise
        except SyllableError as error:
            _failed(read, error)
            read.has_asked = True
            return
        found += page.items
        yield
        if not (page.has_next and page.items):
            break
    read.by_address, read.has_asked = agents_by_address(found), True


def _by_agent(campaigns: dict[int, Campaign], read: ZonesRead) -> dict[Agent, list[int]]:
    """Return the rows of each agent. A campaign that has none surely has no zone."""
    agents: dict[Agent, list[int]] = {}
    lost = []
    for pk, campaign in campaigns.items():
        if agent := campaign.agent_id or agent_behind(campaign, read.by_address or {}):
            agents.setdefault(agent, []).append(pk)
        elif read.by_address is not None or not campaign.source:
            lost.append(pk)
    _set(lost, "")
    return agents


def _zone(turn: Turn, read: ZonesRead, agent_id: Agent, pks: list[int]) -> Iterator[None]:
    """Read one agent, and give its zone to its campaigns."""
    try:
        agent, _ = turn.calls.make(partial(SyllableClient.get_agent, agent_id=agent_id))
    except RateLimited:
        raise
    except NotFound:
        _set(pks, "")
    except SyllableError as error:
        _failed(read, error)
    else:
        read.failures = 0
        _set(pks, storable(agent.timezone or "")[:100])
    read.agents.add(agent_id)
    yield


def _failed(read: ZonesRead, error: SyllableError) -> None:
    read.failures += 1
    logger.warning("zones_not_read", error=type(error).__name__)


def _set(pks: list[int], zone: str) -> None:
    CampaignSighting.objects.filter(pk__in=pks).exclude(zone=zone).update(zone=zone)
