"""Tags for the admin's templates, the only ones in Django's template language."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from common.moments import exact

register = template.Library()
register.filter(exact)


@register.simple_tag
def partial(name: str) -> SafeString:
    """Render one of our Jinja templates that takes no values."""
    return mark_safe(render_to_string(name))  # noqa: S308 - our own file, with nothing put into it


@register.filter
def powers(value: Any) -> str:
    """Describe a `Powers` as the trail stores it; return "no role" for anything else."""
    if not isinstance(value, Mapping):
        return "no role"
    words = ["superuser"] if value.get("superuser") else []
    words += value.get("roles", [])
    words += [f"may {permission}" for permission in value.get("permissions", [])]
    return ", ".join(words) or "no role"
