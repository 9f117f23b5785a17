"""How pages speak of what somebody may do."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def powers(value: Any) -> str:
    """A `Powers` as the trail keeps it, in words; "no role" for anything else."""
    if not isinstance(value, Mapping):
        return "no role"
    words = ["superuser"] if value.get("superuser") else []
    words += value.get("roles", [])
    words += [f"may {permission}" for permission in value.get("permissions", [])]
    return ", ".join(words) or "no role"
