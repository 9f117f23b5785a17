"""What every template may use without loading it: icons, form controls, and moments as people read them."""

from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from django import forms, template
from django.conf import settings
from django.forms.boundfield import BoundField
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from dashboard.markup import fill
from dashboard.strangers import identifier, visible

register = template.Library()

ICONS = settings.BASE_DIR / "static" / "vendor" / "tabler-icons"
NOTHING = "\N{EN DASH}"
SECTIONS = ("/batches/", "/campaigns/", "/changes/", "/operations/")
DAY = 24 * 60 * 60
YEAR = 365.2425 * DAY
# Each unit with its seconds, and from how many seconds on it is used.
UNITS = (("years", YEAR, 10 * YEAR), ("d", DAY, DAY), ("h", 60 * 60, 60 * 60), ("min", 60, 60))
BADGE = '<span class="app-badge app-badge-{colour}">{status}</span>'
STATUS_COLOURS = {
    "ACTIVE": "green",
    "PAUSED": "yellow",
    "PENDING": "blue",
    "IDLE": "teal",
    "FAILED": "red",
    "EXPIRED": "orange",
}
CONTROL_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


@register.filter("visible")
def visible_filter(value: Any) -> str:
    """A text or a number of the API as `dashboard.strangers` has it, "" for None."""
    return "" if value is None else visible(str(value))


@register.filter("identifier")
def identifier_filter(value: Any) -> SafeString:
    """An id of the API as `dashboard.strangers` has it."""
    return identifier(str(value))


@register.simple_tag
@cache
def icon(name: str, extra_class: str = "") -> SafeString:
    """The Tabler icon `name`, as decoration: what it means has to stand beside it in words or in an aria-label."""
    svg = " ".join((ICONS / f"{name}.svg").read_text(encoding="utf-8").split())
    svg = svg.replace('class="icon ', f'aria-hidden="true" focusable="false" class="icon {extra_class} ', 1)
    return mark_safe(svg)  # noqa: S308 - our own files


@register.simple_tag
def mail_delivers() -> bool:
    """Whether mails reach people, so that a link to set a password can be sent; else an administrator hands it over."""
    return bool(settings.MAIL_DELIVERS)


@register.filter
@lru_cache(maxsize=64)
def status_badge(status: str) -> SafeString:
    """The status of a batch, known or not. The word is always there; the colour only helps."""
    return fill(BADGE, colour=STATUS_COLOURS.get(status, "gray"), status=visible(status) or "no status")


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
def section(path: str) -> str:
    """The entry of the header's navigation that a path belongs to, "" where it belongs to none."""
    return next((entry for entry in SECTIONS if path.startswith(entry)), "")


class Moments:
    """Moments as people read them, all seen at one time by one reader: for pages that show hundreds of them."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.zone = timezone.get_current_timezone()

    def moment(self, value: Any) -> str:
        """What the filter `moment` makes of it."""
        at = _instant(value)
        if at is None:
            return _as_it_came(value)
        # Nothing of it is text of the API.
        return SafeString(f'<abbr title="{self._exact(at)}">{self._relative(at)}</abbr>')

    def exact(self, value: Any) -> str:
        """What the filter `exact` makes of it."""
        at = _instant(value)
        return _as_it_came(value) if at is None else self._exact(at)

    def _exact(self, at: datetime) -> str:
        try:
            local = at.astimezone(self.zone)
        except OverflowError:
            # The first and the last day of all have no time in some zones.
            local = at
        # A third of what strftime takes.
        return f"{local.isoformat(' ', 'seconds')[:19]} {local.tzname()}"

    def _relative(self, at: datetime) -> str:
        distance = (at - self.now).total_seconds()
        seconds = int(abs(distance))
        if seconds < 60:
            return "now" if seconds < 10 else "in under a minute" if distance > 0 else "just now"
        unit, length = next((unit, length) for unit, length, least in UNITS if seconds >= least)
        amount = f"{round(seconds / length)} {unit}"
        return f"in {amount}" if distance > 0 else f"{amount} ago"


@register.filter
def moment(value: Any) -> str:
    """A datetime or a Timestamp of the API as `in 3 h`, exact on hover. What cannot be read is shown as it came."""
    return Moments().moment(value)


@register.filter
def exact(value: Any) -> str:
    """A datetime or a Timestamp of the API in the reader's zone, with its name: `2025-01-17 14:02:11 EST`."""
    return Moments().exact(value)


def _instant(value: Any) -> datetime | None:
    at = value if isinstance(value, datetime) else getattr(value, "at", None)
    return at if isinstance(at, datetime) and timezone.is_aware(at) else None


def _as_it_came(value: Any) -> str:
    return NOTHING if value in (None, "") else visible(str(value))
