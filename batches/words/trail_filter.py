"""How pages speak of the filter of the trail."""

from collections.abc import Mapping
from dataclasses import dataclass

from batches.campaign_cache import campaign_name_known
from batches.models import Origin, Outcome
from batches.trail_filter import ACTIONS, WHEN, TrailFilter
from common.untrusted import visible

NAMES = {
    "who": "Person",
    "batch": "Batch",
    "campaign": "Campaign",
    "action": "Action",
    "outcome": "Outcome",
    "origin": "Origin",
    "operation": "Operation",
    "when": "When",
    "since": "From",
    "until": "To",
    "reason": "Reason",
    "unsettled": "Only",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the filter, and the query of the address without it, "" for the whole trail."""

    name: str
    label: str
    text: str
    rest: str


def chips(asked: TrailFilter, campaigns: Mapping[str, str]) -> list[Chip]:
    """Return the parts of the filter in words; `campaigns` are names by id."""
    return [
        Chip(name, NAMES[name], visible(_text(name, value, campaigns)), asked.without(name).query_string)
        for name, value in asked.chosen.items()
    ]


def campaign_called_now(campaign_id: int | str, known: str = "") -> str:
    """Return what the campaign is called, `known` where that was not read lately, else its number."""
    return visible(campaign_name_known(campaign_id) or known or f"Campaign {campaign_id}")


def _text(name: str, value: str, campaigns: Mapping[str, str]) -> str:
    match name:
        case "campaign":
            return campaigns.get(value) or value
        case "action":
            return ACTIONS[value]
        case "outcome":
            return str(Outcome(value).label)
        case "origin":
            return str(Origin(value).label)
        case "when":
            return WHEN[value]
        case "unsettled":
            return "not confirmed"
        case "since" | "until":
            return value.replace("T", " ")
    return value
