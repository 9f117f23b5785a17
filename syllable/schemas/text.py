"""What the API may send where a text, or any JSON, is expected, as something that pages and databases can hold."""

import json
from collections.abc import Mapping
from typing import Any

LONGEST_ODD_TEXT = 200
# What reads JSON goes deeper than what writes it, and than what keeps it.
DEEPEST = 50
TOO_DEEP = "nested too deeply to be shown"


def encodable(text: str) -> str:
    """A text without halves of surrogate pairs, which JSON can carry and no page and no database can."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def encodable_json(value: Any, levels: int = DEEPEST) -> Any:
    """Any JSON with every text in it encodable, names included; below so many levels it is cut off."""
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
    """Whether JSON is nested below so many levels."""
    if not isinstance(value, (list, dict)):
        return False
    items = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(is_too_deep(item, levels - 1) for item in items if isinstance(item, (list, dict)))


def plain_text(value: object) -> str:
    """A value where a text belongs: "" for null, JSON for what is no text."""
    return "" if value is None else full_text(value)


def full_text(value: object) -> str:
    """A text as it came, JSON for what is no text."""
    return encodable(value) if isinstance(value, str) else short_text(value)


def short_text(value: object) -> str:
    """A text as it came, JSON for what is none; cut off after 200 characters."""
    shown = encodable_json(value)
    text = shown if isinstance(shown, str) else json.dumps(shown, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_ODD_TEXT else text[:LONGEST_ODD_TEXT] + "…"
