"""Campaigns, when they call, and the agents that they call with."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import PlainValidator

from syllable.schemas.fields import Answer, Flag, Integer, Moment, OptionalText, Text, Texts
from syllable.schemas.text import encodable

# Of one kind: the dates of more than ten years.
MOST_RULES = 5000
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class ScheduleOverride(Answer):
    """The rule for one weekday or one date, as `ScheduleOverride` of the API describes it.

    A field that is None inherits. `max_daily_calls` is the number of reference ids that are contacted first on that
    day; 0 closes the day.
    """

    active: Flag = None
    daily_start_time: OptionalText = None
    daily_end_time: OptionalText = None
    max_daily_calls: Integer = None


class OutreachOverrideRules(Answer):
    """The rules of a campaign for weekdays and dates: of these and the campaign's own, the most specific wins.

    That is so for each field by itself: date, weekday, campaign. `days` is by the API's short names (`mon`), `dates` by
    `YYYY-MM-DD`; odd names stay as they are. `unreadable` counts rules that were no objects, and more than 5,000 rules
    of a kind as one: unless it is 0, nobody knows all the rules.
    """

    days: dict[str, ScheduleOverride] = {}
    dates: dict[str, ScheduleOverride] = {}
    unreadable: int = 0

    @classmethod
    def read(cls, payload: object) -> Self:
        """Read the rules. Never fails: what cannot be read is counted."""
        if not isinstance(payload, dict):
            return cls(unreadable=1)
        days, odd_days = _rules(payload.get("days"))
        dates, odd_dates = _rules(payload.get("dates"))
        return cls(
            days={_short_day(name): rule for name, rule in days.items()},
            dates=dates,
            unreadable=odd_days + odd_dates,
            raw=payload,
        )


def _short_day(name: str) -> str:
    folded = name.strip().lower()
    return folded[:3] if folded in WEEKDAYS else folded


def _rules(value: object) -> tuple[dict[str, ScheduleOverride], int]:
    if value is None:
        return {}, 0
    if not isinstance(value, Mapping) or len(value) > MOST_RULES:
        return {}, 1
    rules = {
        encodable(str(name)): ScheduleOverride.read(rule) for name, rule in value.items() if isinstance(rule, dict)
    }
    # A null says nothing, like a rule without fields.
    return rules, sum(rule is not None and not isinstance(rule, dict) for rule in value.values())


def _override_rules(value: object) -> OutreachOverrideRules | None:
    if value is None or isinstance(value, OutreachOverrideRules):
        return value
    return OutreachOverrideRules.read(value)


class Campaign(Answer):
    """A campaign, as `OutboundCampaign` of the API describes it in any contract.

    Daily times are `HH:MM:SS` in `timezone`; without a `timezone` they are in the zone of the campaign's agent: that of
    `agent_id`, else the one that a ChannelTarget puts behind its `source`. `active_days` are short names (`mon`); None
    where the contract has no such field. `rate` is in calls per minute, `hourly_rate` per hour. `max_daily_calls` is
    the number of reference ids that are contacted first on one day. `mode` is voice, sms or email.
    """

    unused: ClassVar[frozenset[str]] = frozenset(
        {
            "allowed_line_types",
            "campaign_variables",
            "include_unknown_line_types",
            "labels",
            "pause_seconds",
            "sms_session_ttl",
            "target_filters",
            "voicemail_detection",
            "webhooks",
        }
    )

    id: Integer = None
    campaign_name: Text = ""
    description: OptionalText = None
    label: OptionalText = None
    daily_start_time: OptionalText = None
    daily_end_time: OptionalText = None
    active_days: Texts = None
    max_daily_calls: Integer = None
    outreach_override_rules: Annotated[OutreachOverrideRules | None, PlainValidator(_override_rules)] = None
    timezone: OptionalText = None
    agent_id: Integer = None
    source: OptionalText = None
    caller_id: OptionalText = None
    mode: OptionalText = None
    rate: Integer = None
    hourly_rate: Integer = None
    retry_count: Integer = None
    retry_interval: OptionalText = None
    created_at: Moment = None
    updated_at: Moment = None
    last_updated_by: Text = ""


class ChannelTarget(Answer):
    """Which agent is behind an address, as `ChannelTargetResponse` of the API describes it.

    `target` is the address: a phone number or an email address, as in `source` of a campaign. `target_mode` is voice,
    sms, email, chat or whatsapp: one number may have an agent for each.
    """

    id: Integer = None
    agent_id: Integer = None
    channel_id: Integer = None
    channel_name: Text = ""
    target: Text = ""
    target_mode: Text = ""
    fallback_target: OptionalText = None
    is_test: Flag = None
    updated_at: Moment = None
    last_updated_by: Text = ""


class Agent(Answer):
    """An agent, as `AgentResponse` of the API describes it. `timezone` is the name of the zone in which it works."""

    id: Integer = None
    name: Text = ""
    description: OptionalText = None
    timezone: OptionalText = None
    updated_at: Moment = None
    last_updated_by: Text = ""
