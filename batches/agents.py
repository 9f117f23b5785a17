"""Which agent a campaign works with, where neither the campaign nor the agent says so alone. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from syllable.schemas import Campaign, ChannelTarget


def agents_by_address(targets: Iterable[ChannelTarget]) -> dict[str, dict[str, Any]]:
    """Return the ids of the account's agents by address and mode."""
    found: dict[str, dict[str, Any]] = {}
    # Of two in the same mode the one for tests counts less, and then the newer one.
    for target in sorted(targets, key=lambda target: target.is_test is True):
        found.setdefault(_address(target.target), {}).setdefault(target.target_mode, target.agent_id)
    return found


def agent_behind(campaign: Campaign, by_address: Mapping[str, Mapping[str, Any]]) -> int | str | None:
    """Return the agent behind the campaign's source: that of the campaign's mode, or the only one."""
    if not campaign.source:
        return None
    by_mode = by_address.get(_address(campaign.source), {})
    mode = campaign.mode or ""
    agents = {by_mode[mode]} if mode in by_mode else set(by_mode.values())
    # Where several agents share an address, nobody can tell which of them it is.
    return agents.pop() if len(agents) == 1 else None


def _address(text: str) -> str:
    return text.strip().casefold()
