"""When a campaign calls: its days and hours, and its rules for weekdays and dates."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.store import Store
from sandbox.tables import Row

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_DAY = (time.min, time.max)

# How a contract tells the zone of a campaign.
Zone = Callable[[Store, Row], Any]


@dataclass(frozen=True, slots=True)
class Hours:
    """The calling hours that are open: since when (aware), and how many reference ids may have outreach in them.

    `most` is None where there may be any number.
    """

    since: datetime
    most: int | None


def own_zone(store: Store, campaign: Row) -> Any:  # noqa: ARG001
    """Return the zone that the campaign itself names."""
    return campaign["timezone"]


def agent_zone(store: Store, campaign: Row) -> Any:
    """Return the zone of the campaign's agent, else its own.

    The agent is the one assigned to the campaign, else the one behind its source, first of all in the same mode.
    """
    agent_id = campaign["more"].get("agent_id")
    if agent_id is None:
        behind = "SELECT agent_id FROM targets WHERE target = ? ORDER BY target_mode IS NOT ?, is_test, id LIMIT 1"
        found = store.rows(behind, campaign["source"], campaign["more"].get("mode"))
        agent_id = found[0]["agent_id"] if found else None
    agent = store.agent(agent_id)
    return agent["timezone"] if agent else own_zone(store, campaign)


def within_hours(campaign: Row, now: datetime) -> bool:
    """Return whether a campaign calls at `now`."""
    return open_hours(campaign, now) is not None


def open_hours(campaign: Row, now: datetime) -> Hours | None:
    """Return the hours that are open at `now` in the campaign's `timezone`, None where it does not call.

    Hours past midnight work and belong to the day on which they begin. Unreadable hours mean the whole day, an
    unreadable zone means always.
    """
    try:
        local = now.astimezone(ZoneInfo(campaign["timezone"]))
    except (ValueError, TypeError, OSError, LookupError):
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return Hours(midnight, _whole(campaign["more"].get("max_daily_calls")))
    today, at = local.date(), local.time().replace(microsecond=0)
    for day in (today, today - timedelta(days=1)):
        rule = _rule(campaign, day)
        most = _whole(rule["max_daily_calls"])
        if not rule["active"] or most == 0:
            continue
        start, end = _times(rule)
        if _calls(start, end, at, begun_today=day == today):
            return Hours(datetime.combine(day, start, local.tzinfo), most)
    return None


def _calls(start: time, end: time, at: time, *, begun_today: bool) -> bool:
    if start <= end:
        return begun_today and start <= at <= end
    return at >= start if begun_today else at <= end


def _rule(campaign: Row, day: date) -> Row:
    """Return what counts on a day, field by field: the rule for the date, else for the weekday, else the campaign's."""
    more, weekday = campaign["more"], DAYS[day.weekday()]
    rules = more.get("outreach_override_rules") or {}
    rule: Row = {
        "active": weekday in (more.get("active_days") or DAYS),
        "daily_start_time": campaign["daily_start_time"],
        "daily_end_time": campaign["daily_end_time"],
        "max_daily_calls": more.get("max_daily_calls"),
    }
    for kind, name in (("days", weekday), ("dates", day.isoformat())):
        override = (rules.get(kind) or {}).get(name) or {}
        rule |= {field: value for field, value in override.items() if value is not None}
    return rule


def _times(rule: Row) -> tuple[time, time]:
    try:
        start, end = (time.fromisoformat(rule[field]) for field in ("daily_start_time", "daily_end_time"))
    except (ValueError, TypeError):
        return ALL_DAY
    return ALL_DAY if start.tzinfo or end.tzinfo else (start, end)


def _whole(number: object) -> int | None:
    return number if isinstance(number, int) else None
