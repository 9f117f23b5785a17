"""The icons, which are Tabler's files."""

from functools import cache

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

ICONS = settings.BASE_DIR / "static" / "vendor" / "tabler-icons"


@cache
def icon(name: str, extra_class: str = "") -> SafeString:
    """Return the Tabler icon `name` as decoration. Its meaning must be in words beside it or in an aria-label."""
    svg = " ".join((ICONS / f"{name}.svg").read_text(encoding="utf-8").split())
    svg = svg.replace('class="icon ', f'aria-hidden="true" focusable="false" class="icon {extra_class} ', 1)
    return mark_safe(svg)  # noqa: S308 - our own files
