"""Agents, and which of them is behind an address, as contract current answers them."""

import re
from enum import StrEnum

from sandbox.contract import Answer, Refusal, Request, Route
from sandbox.listing import ListQuery, page_answer
from sandbox.schema import with_odd_fields
from sandbox.store import Store
from sandbox.tables import Row

TARGETS = "/api/v1/channels/targets"
AGENTS = "/api/v1/agents"
TARGET_COLUMNS = (
    "id", "agent_id", "channel_id", "channel_name", "target", "target_mode", "fallback_target", "updated_at",
    "last_updated_by",
)  # fmt: skip
AGENT_COLUMNS = ("id", "name", "timezone", "updated_at", "last_updated_by")
# What the API requires of an agent, and nobody asks the sandbox for.
AGENT_FIXED: Row = {
    "type": "ca_v1", "prompt_id": 1, "variables": {}, "tool_headers": None, "description": None, "labels": [],
    "languages": [],
}  # fmt: skip
# The SQL of fields that are no column of the store, or another value there.
TARGET_SQL = {
    "target_mode_list": "target_mode",
    "is_test": "CASE WHEN is_test THEN 'true' ELSE 'false' END",
    "a2p_verified": "NULL",
}


# The fields by which targets can be searched and ordered.
TargetProperties = StrEnum(
    "TargetProperties",
    "id channel_id channel_name agent_id target target_mode target_mode_list fallback_target is_test updated_at "
    "a2p_verified",
)


def show_target(row: Row) -> Row:
    """Show a target as every answer does."""
    shown = {name: row[name] for name in TARGET_COLUMNS}
    return with_odd_fields({**shown, "is_test": bool(row["is_test"]), "a2p_verified": None}, row)


def list_targets(store: Store, request: Request) -> Answer:
    """Answer a page of targets, searched, bounded in time and ordered."""
    query = request.read_query(ListQuery[TargetProperties])
    found = store.find_targets(query.search(key="id", contains="target", columns=TARGET_SQL))
    return page_answer(*found, query, show_target)


def get_agent(store: Store, request: Request) -> Answer:
    """Answer one agent, or 404."""
    agent_id = request.params["agent_id"]
    row = store.agent(int(agent_id)) if re.fullmatch("[0-9]{1,18}", agent_id) else None
    if row is None:
        raise Refusal(404, "Agent not found")
    return Answer(payload=with_odd_fields({**AGENT_FIXED, **{name: row[name] for name in AGENT_COLUMNS}}, row))


ROUTES = (Route("GET", TARGETS, list_targets), Route("GET", AGENTS + "/{agent_id}", get_agent))
