"""The filter as somebody types it into one field: `who:anna campaign:3 since:yesterday reason:"wrong list"`."""

import re
from collections.abc import Mapping

from batches.models import Outcome
from batches.trail_filter.criteria import FIELDS
from common.untrusted import visible

# A name and its value, or whatever else stands between blanks. A value in quotes may have blanks, and \" for a quote.
WORD = re.compile(r'(?:([^\s:"]+):("(?:[^"\\]|\\.)*"?|\S*))|("(?:[^"\\]|\\.)*"?|\S+)', re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
NAMES: Mapping[str, str] = {
    **{name: name for name in FIELDS if name != "unsettled"},
    "actor": "who",
    "person": "who",
    "by": "who",
    "from": "since",
    "after": "since",
    "to": "until",
    "before": "until",
    "why": "reason",
    "op": "operation",
}
# What people call the outcomes and actions.
SYNONYMS: Mapping[tuple[str, str], str] = {
    ("outcome", "not-confirmed"): Outcome.UNCONFIRMED,
    ("outcome", "not confirmed"): Outcome.UNCONFIRMED,
    ("outcome", "not sent"): Outcome.NOT_SENT,
    ("outcome", "not-sent"): Outcome.NOT_SENT,
    ("action", "login"): "logins",
    ("action", "export"): "exports",
    ("action", "refused"): "refusals",
}
# Their values are the same in any case.
CASELESS = ("action", "outcome", "origin", "when", "since", "until")
LONGEST_SEARCH = 1000


def read_search(text: str) -> tuple[dict[str, str], list[str]]:
    """Return what was typed as parameters of an address, not checked yet, and sentences about what is no parameter."""
    params: dict[str, str] = {}
    problems: list[str] = []
    for name, raw, bare in WORD.findall(text[:LONGEST_SEARCH]):
        value = _unquoted(raw or bare)
        known = NAMES.get(name.lower())
        if (name.lower(), value.lower()) in (("is", "not-confirmed"), ("is", "unsettled")):
            known, value = "unsettled", "1"
        if known is None:
            problems.append(_not_understood(name, value))
        elif not value.strip():
            problems.append(f"{known}: has no value and was ignored.")
        elif known in params and params[known] != value:
            problems.append(f"{known}: can be given once. {visible(value[:60])} was ignored.")
        else:
            params[known] = _known_value(known, value)
    if len(text) > LONGEST_SEARCH:
        problems.append(f"A search can have at most {LONGEST_SEARCH:,} characters. The rest was ignored.")
    return params, problems


def as_search(params: Mapping[str, str]) -> str:
    """Return parameters of an address as somebody would type them."""
    words = []
    for name in FIELDS:
        if value := params.get(name):
            words.append("is:not-confirmed" if name == "unsettled" and value == "1" else f"{name}:{_quoted(value)}")
    return " ".join(words)


def _known_value(name: str, value: str) -> str:
    value = value.strip()
    if name in CASELESS and "T" not in value[8:]:
        value = value.lower()
    return SYNONYMS.get((name, value), value)


def _not_understood(name: str, value: str) -> str:
    shown = visible(value[:60])
    if name:
        return f"{visible(name[:30])}: cannot be searched. Use {', '.join(f'{known}:' for known in FIELDS[:-1])}."
    return f"{shown} was not understood. For a person write who:{shown}, for a batch batch:{shown}."


def _unquoted(raw: str) -> str:
    if not raw.startswith('"'):
        return raw
    body = raw[1:-1] if len(raw) > 1 and raw.endswith('"') else raw[1:]
    return ESCAPED.sub(r"\1", body)


def _quoted(value: str) -> str:
    if not re.search(r'[\s"]', value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
