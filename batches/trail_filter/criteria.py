"""The filter of the trail as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from urllib.parse import urlencode

from batches.trail_filter.period import WHEN, period

__all__ = ["ACTIONS", "FIELDS", "WHEN", "AsOf", "Group", "TrailFilter"]


class Group(StrEnum):
    """Actions that are no kind of a change: undo, and what people do beside writing."""

    UNDO = "undo"
    PEOPLE_AND_LOGINS = "people-and-logins"
    PEOPLE = "people"
    LOGINS = "logins"
    EXPORTS = "exports"
    REFUSALS = "refusals"


# By value, as in an address. The first ones are kinds of changes.
ACTIONS: Mapping[str, str] = {
    "pause": "Pause",
    "resume": "Resume",
    "cancel": "Cancel",
    "expiry": "Expiry",
    "rate": "Call rate",
    Group.UNDO: "Undo",
    Group.PEOPLE_AND_LOGINS: "People and logins",
    Group.PEOPLE: "People and roles",
    Group.LOGINS: "Logins",
    Group.EXPORTS: "Downloads and phone numbers",
    Group.REFUSALS: "Refusals",
}


@dataclass(frozen=True, slots=True)
class AsOf:
    """When and in which zone somebody asked: what their `today` means. What came later is no part of the answer."""

    moment: datetime
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """What the entries must have, as the address holds it; "" for anything.

    `who` is a part of an email. `since` and `until` are a day, or a minute, in the reader's zone, or the words today
    and yesterday; a day as `until` includes that day. `when` is one of WHEN. `reason` is a part of the reason.
    `unsettled` is "1" for changes that are not confirmed.
    """

    who: str = ""
    batch: str = ""
    campaign: str = ""
    action: str = ""
    outcome: str = ""
    origin: str = ""
    operation: str = ""
    when: str = ""
    since: str = ""
    until: str = ""
    reason: str = ""
    unsettled: str = ""

    @property
    def chosen(self) -> dict[str, str]:
        """What is asked for, by the name of the parameter."""
        return {name: value for name in FIELDS if (value := getattr(self, name))}

    @property
    def query_string(self) -> str:
        """The filter as the query of an address, with its `?`; "" for everything."""
        return f"?{urlencode(self.chosen)}" if self.chosen else ""

    def without(self, *names: str) -> "TrailFilter":
        return replace(self, **dict.fromkeys(names, ""))

    def period(self, *, now: datetime, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
        """Return the moments from which, and before which, entries count; None for no limit."""
        return period(when=self.when, since=self.since, until=self.until, now=now, zone=zone)


FIELDS = tuple(field.name for field in fields(TrailFilter))
