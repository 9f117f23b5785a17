"""Texts and JSON from the API in a form that pages and databases can hold."""

import json
from collections.abc import Mapping
from typing import Any

LONGEST_ODD_TEXT = 200
# JSON readers go deeper than JSON writers and databases do.
DEEPEST = 50
TOO_DEEP = "nested too deeply to be shown"


def encodable(text: str) -> str:
    """Return the text without lone surrogates, which JSON can carry but no page or database can."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def encodable_json(value: Any, levels: int = DEEPEST) -> Any:
    """Return JSON with all its texts encodable, names included, cut off below `levels`."""
    if isinstance(value, str):
        return encodable(value)
    if not isinstance(value, list | Mapping):
        return value
    if levels == 0:
        return TOO_DEEP
    if isinstance(value, list):
        return [encodable_json(item, levels - 1) for item in value]
    return {encodable(str(name)): encodable_json(item, levels - 1) for name, item in value.items()}


def is_too_deep(value: object, levels: int = DEEPEST) -> bool:
    """Return whether JSON is nested deeper than `levels`."""
    if not isinstance(value, (list, dict)):
        return False
    items = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(is_too_deep(item, levels - 1) for item in items if isinstance(item, (list, dict)))


def plain_text(value: object) -> str:
    """Return the value as text: "" for null, JSON for anything that is not text."""
    return "" if value is None else full_text(value)


def full_text(value: object) -> str:
    """Return a text as it came, and anything else as JSON."""
    return encodable(value) if isinstance(value, str) else short_text(value)


def short_text(value: object) -> str:
    """Return a text as it came, and anything else as JSON, cut off after 200 characters."""
    shown = encodable_json(value)
    text = shown if isinstance(shown, str) else json.dumps(shown, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_ODD_TEXT else text[:LONGEST_ODD_TEXT] + "…"
