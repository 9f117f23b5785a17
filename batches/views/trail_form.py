"""The form that asks the trail without typing: its choices, and what is chosen."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from batches.models import Origin, Outcome
from batches.selectors.trail_people import Known
from batches.trail_filter import ACTIONS, WHEN, Group, TrailFilter
from batches.words.trail_filter import campaign_called_now

# By the title of its tab.
PRESETS = {
    "All": TrailFilter(),
    "Today": TrailFilter(when="today"),
    "Mine": TrailFilter(),
    "Not confirmed": TrailFilter(unsettled="1"),
    "Cancellations": TrailFilter(action="cancel"),
    "People and logins": TrailFilter(action=Group.PEOPLE_AND_LOGINS),
}


def campaigns_of(known: Known, asked: TrailFilter) -> dict[str, str]:
    """Return the names of the campaigns that can be chosen, by id: also of the one that is."""
    names = {str(campaign_id): campaign_called_now(campaign_id, name) for campaign_id, name in known.campaigns}
    if asked.campaign:
        names.setdefault(asked.campaign, campaign_called_now(asked.campaign))
    return dict(sorted(names.items(), key=lambda pair: pair[1].lower()))


def form_context(known: Known, asked: TrailFilter, *, email: str) -> dict[str, Any]:
    """Return the choices of each select, and the tabs. `email` is the reader's."""
    people = sorted({*known.emails, *filter(None, (email, asked.who))})
    presets = PRESETS | {"Mine": TrailFilter(who=email)}
    return {
        "presets": [
            (title, preset.query_string, preset == asked)
            for title, preset in presets.items()
            if title == "All" or preset.chosen
        ],
        "selects": [
            ("who", "Person", "Everybody", [(person, person) for person in people]),
            ("campaign", "Campaign", "All campaigns", list(campaigns_of(known, asked).items())),
            ("when", "When", "Any time", list(WHEN.items())),
            ("action", "Action", "Everything", list(ACTIONS.items())),
            ("outcome", "Outcome", "Any outcome", _choices(Outcome, but=Outcome.STARTED)),
        ],
        "origins": _choices(Origin),
        "typed_times": {"since": _minute(asked, is_end=False), "until": _minute(asked, is_end=True)},
    }


def _choices(of: Any, but: str = "") -> list[tuple[str, str]]:
    return [(choice.value, str(choice.label)) for choice in of if choice != but]


def _minute(asked: TrailFilter, *, is_end: bool) -> str:
    """Return `since`, or `until`, as the input of a date and time holds it, in the reader's zone; "" for none."""
    chosen = TrailFilter(since=asked.since, until=asked.until)
    zone = timezone.get_current_timezone()
    moments = chosen.period(now=timezone.now(), zone=zone)
    at = moments[1] if is_end else moments[0]
    if at is None:
        return ""
    # The last minute is part of the period.
    at = at - timedelta(minutes=1) if is_end else at
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
