"""The filter of the trail as it comes in an address, from a form or from a search."""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from batches.models import Origin, Outcome
from batches.trail_filter.criteria import ACTIONS, FIELDS, WHEN, TrailFilter
from batches.trail_filter.period import is_moment
from common.numbers import whole_number
from common.untrusted import visible

LONGEST_TEXT = 200
LONGEST_BATCH_ID = 500
# The outcomes that an entry can have: none is added while a change is under way.
OUTCOMES = tuple(outcome for outcome in Outcome if outcome != Outcome.STARTED)
ORIGINS = tuple(Origin)


def clean_filter(params: Mapping[str, str]) -> tuple[TrailFilter, dict[str, str]]:
    """Return the filter, and for each parameter that could not be used a sentence, by its name. Never fails."""
    usable: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name in FIELDS:
        text = str(params.get(name, "")).strip()
        if text and ACCEPTS[name](text):
            usable[name] = text.replace(" ", "T") if name in ("since", "until") else text
        elif text:
            problems[name] = f"{_problem(name, text)} {IGNORED}"
    found = TrailFilter(**usable)
    return found, problems


def read_query(query: str) -> tuple[TrailFilter, dict[str, str]]:
    """Return the same of the query of an address, as `TrailFilter.query_string` makes it."""
    return clean_filter(dict(parse_qsl(query.removeprefix("?"))))


def _words(text: str) -> bool:
    return text.isprintable() and len(text) <= LONGEST_TEXT


def _number(text: str) -> bool:
    return whole_number(text) is not None


ACCEPTS: Mapping[str, Callable[[str], bool]] = {
    "who": _words,
    "batch": lambda text: "\0" not in text and len(text) <= LONGEST_BATCH_ID,
    "campaign": _number,
    "action": lambda text: text in ACTIONS,
    "outcome": lambda text: text in OUTCOMES,
    "origin": lambda text: text in ORIGINS,
    "operation": _number,
    "when": lambda text: text in WHEN,
    "since": is_moment,
    "until": is_moment,
    "reason": _words,
    "unsettled": lambda text: text == "1",
}
IGNORED = "This part of the filter was ignored."
CAN_BE = {
    "campaign": "A campaign is a number, such as 3.",
    "operation": "An operation is a number, such as 12.",
    "action": f"An action is one of {', '.join(ACTIONS)}.",
    "outcome": f"An outcome is one of {', '.join(OUTCOMES)}.",
    "origin": f"An origin is one of {', '.join(ORIGINS)}.",
    "when": f"A period is one of {', '.join(WHEN)}.",
    "since": "A day is today, yesterday or like 2026-11-02, with a time like 2026-11-02T14:30.",
    "until": "A day is today, yesterday or like 2026-11-02, with a time like 2026-11-02T14:30.",
    "unsettled": "The only value is 1.",
}
TOO_LONG = f"A text can have at most {LONGEST_TEXT} visible characters."


def _problem(name: str, text: str) -> str:
    shown = visible(text[:60]) + ("…" if len(text) > 60 else "")
    return f"{name}:{shown} was not understood. {CAN_BE.get(name, TOO_LONG)}"
