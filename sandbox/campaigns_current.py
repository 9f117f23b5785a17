"""The campaigns of contract current, in bodies and in answers."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sandbox.hours import DAYS
from sandbox.pace import campaign_rate
from sandbox.schema import CampaignInput, Integer, Rate
from sandbox.tables import Row

CAMPAIGN_COLUMNS = (
    "campaign_name", "campaign_variables", "daily_start_time", "daily_end_time", "source", "id", "created_at",
    "updated_at", "last_updated_by",
)  # fmt: skip
CAMPAIGN_MORE: Row = {
    "description": None, "mode": None, "sms_session_ttl": None, "label": None, "labels": None, "caller_id": None,
    "max_daily_calls": None, "retry_count": 0, "retry_interval": None, "active_days": list(DAYS),
    "outreach_override_rules": None,
    "voicemail_detection": None, "allowed_line_types": None, "include_unknown_line_types": True,
    "target_filters": None, "agent_id": None, "webhooks": None,
}  # fmt: skip
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")]
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SEARCHED_IN_MORE = ("mode", "caller_id", "label", "labels", "voicemail_detection")


# The fields by which campaigns can be searched and ordered.
CampaignProperties = StrEnum(
    "CampaignProperties",
    "id campaign_name campaign_variables daily_start_time daily_end_time source mode caller_id updated_at label labels "
    "voicemail_detection",
)


class VoicemailDetection(BaseModel):
    """How a campaign detects voicemail."""

    model_config = ConfigDict(extra="allow")

    mode: Literal["v1", "v2"] | None = None


class TargetFilterRule(BaseModel):
    """One rule for which requests of a campaign to contact."""

    field: str
    op: Literal["in", "not_in", "eq", "neq", "exists", "not_exists"]
    values: list[str] = []


class TargetFilters(BaseModel):
    """The rules for which requests of a campaign to contact."""

    match: Literal["all", "any"] = "all"
    on_unknown: Literal["include", "exclude"] = "include"
    rules: list[TargetFilterRule] = []


class ScheduleOverride(BaseModel):
    """The rule for one weekday or one date. What it leaves out, or gives as null, it inherits."""

    active: bool | None = None
    daily_start_time: Time | None = None
    daily_end_time: Time | None = None
    max_daily_calls: Annotated[Integer, Field(ge=0)] | None = None


def _short_day(name: str) -> str:
    return name.lower()[:3] if name.lower() in WEEKDAYS else name.lower()


class OutreachOverrideRules(BaseModel):
    """The rules for weekdays and dates. Weekdays are stored by their short names."""

    days: dict[Annotated[Day, BeforeValidator(_short_day)], ScheduleOverride] = {}
    dates: dict[date, ScheduleOverride] = {}


class Webhook(BaseModel):
    """An address that the platform calls when requests reach certain statuses."""

    trigger_statuses: list[str]
    url: str
    request_method: str
    id: Integer | None = None
    auth_values: dict[str, str | None] | None = None

    def shown(self, *, otherwise: int) -> Row:
        """Show a webhook as answers do: only the keys of `auth_values`, and the id `otherwise` where it has none."""
        return {
            **self.model_dump(exclude={"auth_values"}),
            "id": otherwise if self.id is None else self.id,
            "auth_value_keys": None if self.auth_values is None else sorted(self.auth_values),
        }


class OutboundCampaignInput(CampaignInput):
    """The body that creates or replaces a campaign."""

    campaign_name: str
    campaign_variables: dict[str, str]
    caller_id: str | None
    active_days: list[Day]
    description: str | None = None
    mode: str | None = None
    sms_session_ttl: Integer | None = None
    label: str | None = None
    labels: list[str] | None = None
    daily_start_time: str | None = None
    daily_end_time: str | None = None
    source: str | None = None
    hourly_rate: Rate = 1
    max_daily_calls: Integer | None = None
    retry_count: Integer = 0
    retry_interval: str | None = None
    outreach_override_rules: OutreachOverrideRules | None = None
    voicemail_detection: VoicemailDetection | None = None
    allowed_line_types: list[Literal["mobile", "landline", "voip"]] | None = None
    include_unknown_line_types: bool = True
    target_filters: TargetFilters | None = None
    webhooks: list[Webhook] = []

    def columns(self) -> Row:
        """Return the campaign's columns in the store. The secrets of its webhooks are dropped."""
        given: dict[str, Any] = self.model_dump(mode="json", exclude={"hourly_rate", "webhooks"})
        more = {name: given.pop(name) for name in CAMPAIGN_MORE if name in given}
        # A rule shows what it says and not what it inherits.
        rules = self.outreach_override_rules
        more["outreach_override_rules"] = rules and rules.model_dump(mode="json", exclude_unset=True)
        more["webhooks"] = [hook.shown(otherwise=number) for number, hook in enumerate(self.webhooks, start=1)]
        more["pause_seconds"] = None
        minutes = self.hourly_rate / 60
        return {**given, "rate": int(minutes) if minutes.is_integer() else minutes, "more": more}


def campaign_fields(row: Row) -> Row:
    """Return the fields of a campaign."""
    shown = {name: row[name] for name in CAMPAIGN_COLUMNS}
    shown |= {name: row["more"].get(name, default) for name, default in CAMPAIGN_MORE.items()}
    return {**shown, "hourly_rate": min(max(round(campaign_rate(row)), 1), 3600)}
