"""The tables of the sandbox's memory: campaigns, agents, batches and requests, in no contract's words.

Values stay as given: columns have no type, so that a timestamp remains the text it was and odd data remains odd. Odd
rows use `extra` (fields that answers show on top, or instead) and `omit` (fields that answers leave out).
"""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.times import moment

Row = dict[str, Any]

# A request whose call may be in progress, which only its channel's own status tells.
UNDER_WAY = (
    "status IN ('INITIATED', 'CONNECTED') AND coalesce(channel_manager_status, 'INITIATED') IN ('PENDING', 'INITIATED',"
    " 'QUEUED', 'ACCEPTED', 'SENDING', 'SENT', 'IN_PROGRESS', 'IN-PROGRESS')"
)
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS campaigns (
    id INTEGER PRIMARY KEY, campaign_name, campaign_variables, daily_start_time, daily_end_time, timezone, source, rate,
    created_at, updated_at, last_updated_by, more, extra, omit, created_epoch
);
CREATE TABLE IF NOT EXISTS agents (id INTEGER PRIMARY KEY, name, timezone, updated_at, last_updated_by, extra, omit);
CREATE TABLE IF NOT EXISTS targets (
    id INTEGER PRIMARY KEY, target, agent_id, target_mode, channel_id, channel_name, fallback_target, is_test,
    created_at, updated_at, last_updated_by, extra, omit, created_epoch
);
CREATE TABLE IF NOT EXISTS batches (
    batch_id PRIMARY KEY, campaign_id, status, expires_on, count, created_at, deleted_at, deleted_reason,
    last_worked_on, last_updated_at, last_updated_by, more, extra, omit, created_epoch, expires_epoch
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
    batch_id, reference_id, target, request_variables, status, channel_manager_status, channel_manager_sid, created_at,
    sent_at, attempt_count, session_id, conversation_id, insights_status, insights
);
CREATE UNIQUE INDEX IF NOT EXISTS one_reference ON requests (batch_id, reference_id);
CREATE INDEX IF NOT EXISTS by_status ON requests (batch_id, status);
CREATE INDEX IF NOT EXISTS under_way ON requests (batch_id) WHERE {UNDER_WAY};
CREATE INDEX IF NOT EXISTS by_creation ON batches (created_epoch IS NULL, created_epoch, batch_id);
CREATE INDEX IF NOT EXISTS by_update ON batches
    (moment(last_updated_at) IS NULL, moment(last_updated_at), batch_id);
"""
TABLES = ("requests", "batches", "campaigns", "targets", "agents")
JSON_COLUMNS = {"campaign_variables", "more", "extra", "omit", "request_variables", "insights"}
REQUEST_DEFAULTS: Row = {
    "target": "+15550100", "request_variables": {}, "status": "PENDING", "channel_manager_status": None,
    "channel_manager_sid": None, "sent_at": None, "attempt_count": 0, "session_id": None, "conversation_id": None,
    "insights_status": None, "insights": None,
}  # fmt: skip


def converted(row: Mapping[str, Any], convert: Callable[[Any], Any]) -> Row:
    """Convert a row to what SQLite can hold, or back: its JSON columns by `convert`."""
    is_json = {name for name in JSON_COLUMNS & row.keys() if row[name] is not None}
    return {name: convert(value) if name in is_json else value for name, value in row.items()}


def derived(table: str, row: Mapping[str, Any]) -> Row:
    """Return the moments used to search and sort, kept beside the text they are read from."""
    derived: Row = {}
    if table != "requests" and "created_at" in row:
        derived["created_epoch"] = moment(row["created_at"])
    if table == "batches" and "expires_on" in row:
        derived["expires_epoch"] = moment(row["expires_on"])
    return derived
