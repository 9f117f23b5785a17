"""The icons, which are files of Tabler's."""

from functools import cache

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

ICONS = settings.BASE_DIR / "static" / "vendor" / "tabler-icons"


@cache
def icon(name: str, extra_class: str = "") -> SafeString:
    """The Tabler icon `name`, as decoration: what it means has to stand beside it in words or in an aria-label."""
    svg = " ".join((ICONS / f"{name}.svg").read_text(encoding="utf-8").split())
    svg = svg.replace('class="icon ', f'aria-hidden="true" focusable="false" class="icon {extra_class} ', 1)
    return mark_safe(svg)  # noqa: S308 - our own files
