"""How pages say when a campaign contacts people: on the clocks of its zone, and on those of the reader."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from batches.calling_hours import DAY, DAYS, LOOKS_AHEAD, CallingHours
from common.time_zones import city
from common.untrusted import visible
from syllable.schemas import Batch, BatchStatus, Campaign

HOURS_UNKNOWN = "unknown"
NOT_KNOWN = "Not known."
TO = "\N{EN DASH}"
MINUTE = timedelta(minutes=1)
TICKS = (0, 6, 12, 18, 24)


@dataclass(frozen=True, slots=True)
class OpenPart:
    """Open hours in the strip of a day, in minutes of the clocks of the zone."""

    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Strip:
    """A day of 24 hours on the clocks of a campaign's zone.

    `now` is in minutes. `here` and `yours` are what the clocks show at the ticks, there and at the reader's; `yours` is
    empty where it is the same. `words` says what the strip shows.
    """

    parts: list[OpenPart]
    now: float
    is_open: bool
    city: str
    here: list[str]
    yours: list[str]
    words: str


def contact_hours(campaign: Campaign | None, zone: ZoneInfo | None = None) -> str:
    """Return when a campaign may contact people, and in which zone; if a part is missing, that this is unknown.

    `zone` is that of its agent, for a campaign that has none of its own.
    """
    if not (campaign and campaign.daily_start_time and campaign.daily_end_time):
        return HOURS_UNKNOWN
    name = campaign.timezone or (str(zone) if zone else "")
    times = f"{_to_the_minute(campaign.daily_start_time)}{TO}{_to_the_minute(campaign.daily_end_time)}"
    days = _days(campaign.active_days)
    return visible(f"{times} {name}{days}") if name else HOURS_UNKNOWN


def hours_sentence(found: Any) -> str:
    """Return what `hours_now` returns as a sentence that names its subject."""
    said = hours_now(found)
    return f"Contact hours are {said[0].lower()}{said[1:]}"


def hours_now(found: Any) -> str:
    """Return, to follow a label, whether contact hours are open now, and until when.

    `found` is a `selectors.campaign_zone.CampaignHours`.
    """
    hours = found.hours
    if hours is None:
        return _what_is_not_known(found)
    now = timezone.now()
    change = hours.next_change(now)
    if not hours.is_open(now):
        until = f"until {in_both_zones(change, hours.zone)}" if change else f"for {LOOKS_AHEAD.days} days at least"
        return f"Closed {until}."
    if change is None:
        return "Open around the clock."
    return f"Open until {in_both_zones(change, hours.zone)}."


def out_of_hours(found: Any) -> str:
    """Return that nobody should be contacted now, if contact hours are closed; "" if open or not known."""
    now = timezone.now()
    if found.hours is None or found.hours.is_open(now):
        return ""
    before = " before" if found.hours.next_change(now) else ""
    return f"{hours_sentence(found)} Nobody should be contacted{before}."


def other_rules(found: Any) -> str:
    """Return that some days have rules of their own, now or later; else ""."""
    hours, rules = found.hours, found.campaign and found.campaign.outreach_override_rules
    if not (hours and rules):
        return ""
    today = timezone.now().astimezone(hours.zone).date()
    return "Some days have other hours." if rules.days or any(day >= today for day in hours.dates) else ""


def idle_because(batch: Batch, found: Any) -> str:
    """Return why a batch is IDLE, as far as that is known; "" for any other status."""
    if batch.status != BatchStatus.IDLE:
        return ""
    if batch.open_requests == 0:
        return "Idle because everything is done."
    hours, now = found.hours, timezone.now()
    if hours is None:
        return "Idle. The contact hours, which may be the reason, are not known."
    if hours.is_open(now):
        return "Idle although the contact hours are open. Syllable does not say why."
    change = hours.next_change(now)
    return f"Idle outside contact hours{f' until {in_both_zones(change, hours.zone)}' if change else ''}."


def hours_strip(hours: CallingHours) -> Strip:
    """Return today in the campaign's zone as a strip of 24 hours."""
    now, zone = timezone.now(), hours.zone
    here = now.astimezone(zone)
    midnight = datetime.combine(here.date(), time(), zone)
    ticks = [midnight + timedelta(hours=hour) for hour in TICKS]
    found = list(hours.by_day(midnight.astimezone(UTC), ticks[-1].astimezone(UTC)))
    parts = [_part(begin, until, zone) for _, begin, until in found]
    yours = [timezone.localtime(tick.astimezone(UTC)) for tick in ticks]
    is_same = all(tick.utcoffset() == local.utcoffset() for tick, local in zip(ticks, yours, strict=True))
    return Strip(
        parts=parts,
        now=_minutes(here),
        is_open=hours.is_open(now),
        city=city(zone),
        here=[f"{hour:02}:00" for hour in TICKS],
        yours=[] if is_same else [f"{local:%H:%M}" for local in yours],
        words=_strip_words(parts, zone),
    )


def in_both_zones(at: datetime, zone: tzinfo) -> str:
    """Return `18:00 (New York), 00:00 your time`, with the day where that is not today."""
    there, here = _clock(at, zone), _clock(at, timezone.get_current_timezone())
    return f"{there} ({city(zone)})" if there == here else f"{there} ({city(zone)}), {here} your time"


def _clock(at: datetime, zone: tzinfo) -> str:
    local, today = at.astimezone(zone), timezone.now().astimezone(zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    return f"{local:%a %H:%M}" if timedelta() < local.date() - today < 7 * DAY else f"{local:%Y-%m-%d %H:%M}"


def _what_is_not_known(found: Any) -> str:
    campaign = found.campaign
    if campaign is None or found.zone is not None or not (campaign.daily_start_time and campaign.daily_end_time):
        return NOT_KNOWN
    times = f"{_to_the_minute(campaign.daily_start_time)} to {_to_the_minute(campaign.daily_end_time)}"
    zone = f"The time zone {campaign.timezone} is" if campaign.timezone else "Time zone"
    return visible(f"{times}. {zone} not known.")


def _part(begin: datetime, until: datetime, zone: tzinfo) -> OpenPart:
    start = _minutes(begin.astimezone(zone))
    return OpenPart(start, min((until - begin) / MINUTE, 24 * 60 - start))


def _minutes(local: datetime) -> float:
    return local.hour * 60 + local.minute + local.second / 60


def _strip_words(parts: list[OpenPart], zone: tzinfo) -> str:
    if not parts:
        return f"Closed all day today in {city(zone)}"
    if [(part.start, part.width) for part in parts] == [(0, 24 * 60)]:
        return f"Open all day today in {city(zone)}"
    times = " and ".join(f"{_of_day(part.start)} to {_of_day(part.start + part.width)}" for part in parts)
    return f"Open today from {times} in {city(zone)}"


def _of_day(minutes: float) -> str:
    return f"{int(minutes) // 60:02}:{int(minutes) % 60:02}"


def _days(names: tuple[str, ...] | str | None) -> str:
    """Return `, Mon, Tue`, "" where all days are active or not known."""
    if not isinstance(names, tuple) or not 0 < len(set(names)) < len(DAYS):
        return ""
    known = [name for name in DAYS if name in names]
    if not known:
        return ""
    is_row = len(known) > 2 and DAYS.index(known[-1]) - DAYS.index(known[0]) == len(known) - 1
    shown = f"{known[0]}{TO}{known[-1]}".title() if is_row else ", ".join(known).title()
    return f", {shown}"


def _to_the_minute(time: str) -> str:
    return time[:5] if re.fullmatch(r"\d\d:\d\d:\d\d", time) else time
