"""The time zones people may choose from."""

from datetime import datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils import timezone

REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _zone(name: str) -> ZoneInfo:
    """Return the zone of this name, cached: `ZoneInfo` caches eight, and would read 500 files for each select."""
    return ZoneInfo(name)


def is_time_zone(name: str) -> bool:
    """Return whether `name` is a zone this machine knows."""
    return name in _names()


def validate_time_zone(name: str) -> None:
    """Validate a field that holds the name of a zone. Raises ValidationError."""
    if not is_time_zone(name):
        raise ValidationError("“%(name)s” is not a time zone.", params={"name": name}, code="unknown_time_zone")


def zone_or_none(name: str) -> ZoneInfo | None:
    """Return the zone of this name, None where this machine knows none."""
    return _zone(name) if is_time_zone(name) else None


def city(zone: tzinfo) -> str:
    """Return what people call a zone: `New York` of America/New_York."""
    return str(zone).rsplit("/", 1)[-1].replace("_", " ")


def offset(at: datetime) -> str:
    """Return the offset of an aware datetime, such as `UTC-05:00`."""
    minutes = int((at.utcoffset() or timedelta()).total_seconds() // 60)
    sign = "-" if minutes < 0 else "+"
    return f"UTC{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def time_zone_choices(kept: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the zones by region with today's offset, for a select. `kept` is offered even if its name is uncommon."""
    now = timezone.now()
    common = {region: [name for name in sorted(_names()) if name.startswith(f"{region}/")] for region in REGIONS}
    common["Other"] = ["UTC", *([kept] if is_time_zone(kept) and kept.split("/")[0] not in REGIONS else [])]
    return [
        (region, [(name, f"{_city(name)} ({offset(now.astimezone(_zone(name)))})") for name in dict.fromkeys(names)])
        for region, names in common.items()
    ]


def _city(name: str) -> str:
    return name.split("/", 1)[-1].replace("_", " ").replace("/", ", ")
