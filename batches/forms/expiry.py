"""The expiry as people type it: a date and a time of day on the clocks of one time zone."""

from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from syllable.schemas import Timestamp

PICKER_LENGTH = len("2025-01-31T17:00")
LAST_MINUTE = time(23, 59)
DAYS_OF_A_YEAR = 366
MINUTE, HOUR, DAY, WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


class ClockField(forms.DateTimeField):
    """A date and a time of day as typed: naive, unless typed with an offset."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})
    default_error_messages = {"invalid": "Enter a date and time, for example 2025-01-31 17:00."}

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        try:
            typed = parse_datetime(value.strip())
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
        # The parent class would convert to the reader's zone, and fail at hours when the clocks change.
        return typed or super(forms.DateTimeField, self).to_python(value)


class ExpiryForm(forms.Form):
    """A form with an expiry that is typed on the clocks of `clock`.

    If these show the typed time twice, `expires_on_offset` asks which one is meant, by its offset.
    """

    expires_on = ClockField(required=False)
    expires_on_offset = forms.CharField(required=False, max_length=20, label="Which time?", widget=forms.HiddenInput)

    clock: tzinfo
    # Of the campaign, None where it is not known.
    campaign_clock: tzinfo | None = None

    @property
    def zone(self) -> str:
        """The zone in which the expiry is shown and read."""
        return str(self.clock)

    @cached_property
    def other_zone(self) -> tzinfo | None:
        """The zone of the campaign, None where it is not known or has the same time all year.

        Zones that agree now may differ when the batch expires.
        """
        there, now = self.campaign_clock, timezone.now()
        if there is None or there == self.clock:
            return None
        year = (now + timedelta(days=day) for day in range(DAYS_OF_A_YEAR))
        differ = any(at.astimezone(there).utcoffset() != at.astimezone(self.clock).utcoffset() for at in year)
        return there if differ else None

    @property
    def expiry_there(self) -> str:
        """The expiry in the picker on the clocks of `other_zone`; "" where it is not exactly one moment."""
        shown = str(self["expires_on"].value() or "").strip()
        if self.other_zone is None or not tells_one_moment(shown, self.clock):
            return ""
        [at] = moments_at(datetime.fromisoformat(shown), self.clock)
        return in_picker(Timestamp.of(at), self.other_zone).replace("T", " ")

    @property
    def shown_until(self) -> datetime | None:
        """The expiry that the form shows at first, None for none."""
        return None

    @property
    def quick_expiries(self) -> list[tuple[str, str, int]]:
        """The quick choices as (label, value for the picker, the minutes that they add).

        Those that add count from the expiry that is shown, or from now where that is later. A day and a week are those
        of the clocks, whatever their minutes.
        """
        now = timezone.now()
        today = now.astimezone(self.clock)
        sunday = today + timedelta(days=6 - today.weekday())
        start = max(now, self.shown_until or now)
        there = _in_zone(start, self.clock)
        choices = {
            "+1 hour": (_later(start, HOUR), HOUR),
            "+1 day": (_later(there, DAY), DAY),
            "+1 week": (_later(there, WEEK), WEEK),
            "End of today": (datetime.combine(today, LAST_MINUTE, self.clock), None),
            "End of week": (datetime.combine(sunday, LAST_MINUTE, self.clock), None),
        }
        # Computed in UTC, so that no choice falls into the hour that clocks skip.
        return [
            (label, in_picker(Timestamp.of(at), self.clock), int(step / MINUTE) if step else 0)
            for label, (at, step) in choices.items()
        ]

    def _moment(self, typed: datetime) -> Timestamp | None:
        """Return the moment that `typed` means, or None with an error on the form where that is unclear."""
        try:
            found = moments_at(typed, self.clock)
        except OverflowError:
            self.add_error("expires_on", "Choose a year between 1 and 9999.")
            return None
        if len(found) > 1:
            return self._chosen(typed, found)
        if not found:
            self.add_error(
                "expires_on",
                f"The clocks in {self.zone} go forward on this day, so there is no {typed:%H:%M}. "
                "Choose an earlier or a later time.",
            )
            return None
        return Timestamp.of(found[0])

    def _chosen(self, typed: datetime, found: list[datetime]) -> Timestamp | None:
        """Return the one of two moments whose offset was chosen, or None with an error where none was."""
        by_offset = {offset_of(local): local for local in (at.astimezone(self.clock) for at in found)}
        self.fields["expires_on_offset"].widget = forms.Select(
            choices=[
                ("", "Choose one"),
                *(
                    (offset, f"The {nth}: {local:%H:%M %Z} (UTC{offset})")
                    for nth, (offset, local) in zip(("first", "second"), by_offset.items(), strict=True)
                ),
            ]
        )
        chosen = by_offset.get(self.data.get("expires_on_offset", ""))
        if chosen is None:
            self.add_error(
                "expires_on",
                f"The clocks in {self.zone} show {typed:%H:%M} twice on this day. Choose one below.",
            )
        return Timestamp.of(chosen) if chosen else None


def _in_zone(at: datetime, zone: tzinfo) -> datetime:
    """Return `at` by the clocks of `zone`; as it is where the calendar ends before."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at


def _later(at: datetime, step: timedelta) -> datetime:
    """Return `at` plus `step`; the same moment where the calendar ends before."""
    try:
        return at + step
    except OverflowError:
        return at


def moments_at(shown: datetime, zone: tzinfo) -> list[datetime]:
    """Return the moments (UTC) at which the clocks of `zone` show `shown`, which may have an offset of its own.

    There is no such moment where the clocks skip it, and two where they are set back. Raises OverflowError outside the
    years 1 to 9999.
    """
    if shown.tzinfo is not None:
        return [shown.astimezone(UTC)]
    found: list[datetime] = []
    for fold in (0, 1):
        at = shown.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if at not in found and at.astimezone(zone).replace(tzinfo=None, fold=0) == shown:
            found.append(at)
    return found


def tells_one_moment(shown: str, zone: tzinfo) -> bool:
    """Return whether a picker's text means exactly one moment; False for "" and for anything that is no time."""
    try:
        return len(moments_at(datetime.fromisoformat(shown), zone)) == 1
    except (ValueError, OverflowError):
        return False


def offset_of(local: datetime) -> str:
    """Return the offset of an aware datetime, such as `-05:00`."""
    return local.isoformat(timespec="minutes")[PICKER_LENGTH:]


def in_picker(expires_on: Timestamp | None, zone: tzinfo) -> str:
    """Return the expiry as a picker of minutes shows it; "" where it cannot."""
    local = _on_clock(expires_on, zone)
    return local.isoformat()[:PICKER_LENGTH] if local else ""


def typed_as(expires_on: Timestamp, zone: tzinfo) -> dict[str, str]:
    """Return what to type for exactly this moment; empty where the clocks of `zone` cannot show it."""
    local = _on_clock(expires_on, zone)
    if local is None:
        return {}
    shown = local.replace(tzinfo=None).isoformat()
    # Pickers accept at most three digits of a second.
    shown = shown.rstrip("0") if local.microsecond else shown
    return {"expires_on": shown, "expires_on_offset": offset_of(local)}


def _on_clock(expires_on: Timestamp | None, zone: tzinfo) -> datetime | None:
    try:
        return expires_on.at.astimezone(zone) if expires_on and expires_on.at else None
    except OverflowError:
        # The first and the last day of the calendar have no time in some zones.
        return None


def zone_named(name: str) -> tzinfo:
    """Return the zone of this name; the reader's own where there is none."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return timezone.get_current_timezone()
