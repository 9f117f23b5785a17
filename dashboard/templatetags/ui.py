"""What every template may use without loading it: icons, form controls, and moments as people read them."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django import forms, template
from django.conf import settings
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

ICONS = settings.BASE_DIR / "static" / "vendor" / "tabler-icons"
NOTHING = "\N{EN DASH}"
UNITS = (("d", 24 * 60 * 60), ("h", 60 * 60), ("min", 60))
CONTROL_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


@register.simple_tag
def icon(name: str, extra_class: str = "") -> SafeString:
    """The Tabler icon `name`, as decoration: what it means has to stand beside it in words or in an aria-label."""
    svg = _svg(name).replace('class="icon ', f'aria-hidden="true" focusable="false" class="icon {extra_class} ', 1)
    return mark_safe(svg)  # noqa: S308 - our own files


@cache
def _svg(name: str) -> str:
    return (ICONS / f"{name}.svg").read_text(encoding="utf-8").strip()


@register.filter
def control(field: BoundField) -> SafeString:
    """The widget of a form field with Tabler's class for it, beside the classes it has already."""
    widget = field.field.widget
    tabler = next(css_class for kind, css_class in CONTROL_CLASSES if isinstance(widget, kind))
    invalid = "is-invalid" if field.errors else ""
    return field.as_widget(attrs={"class": " ".join(filter(None, [tabler, widget.attrs.get("class"), invalid]))})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether the label of a form field belongs behind its control."""
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def moment(value: Any) -> str:
    """A datetime or a Timestamp of the API as `in 3 h`, exact on hover. What cannot be read is shown as it came."""
    at = _instant(value)
    if at is None:
        return exact(value)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.astimezone(UTC).isoformat(), exact(at), _relative(at)
    )


@register.filter
def exact(value: Any) -> str:
    """A datetime or a Timestamp of the API in the reader's zone, with its name: `2025-01-17 14:02:11 EST`."""
    at = _instant(value)
    if at is None:
        return NOTHING if value in (None, "") else str(value)
    try:
        return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S %Z")
    except OverflowError:
        return str(value)


def _instant(value: Any) -> datetime | None:
    at = value if isinstance(value, datetime) else getattr(value, "at", None)
    return at if isinstance(at, datetime) and timezone.is_aware(at) else None


def _relative(at: datetime) -> str:
    distance = at - timezone.now()
    seconds = int(abs(distance).total_seconds())
    if seconds < 60:
        return "now" if seconds < 10 else "in under a minute" if distance > timedelta() else "just now"
    amount = next(f"{round(seconds / length)} {unit}" for unit, length in UNITS if seconds >= length)
    return f"in {amount}" if distance > timedelta() else f"{amount} ago"
