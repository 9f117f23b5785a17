"""How a form field is drawn: its control with Tabler's class."""

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

CONTROL_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


def control(field: BoundField) -> SafeString:
    """Render the widget of a form field with Tabler's class in addition to its own."""
    widget = field.field.widget
    tabler = next(css_class for kind, css_class in CONTROL_CLASSES if isinstance(widget, kind))
    invalid = "is-invalid" if field.errors else ""
    return field.as_widget(attrs={"class": " ".join(filter(None, [tabler, widget.attrs.get("class"), invalid]))})


def is_checkbox(field: BoundField) -> bool:
    """Return whether the label of a form field belongs after its control."""
    return isinstance(field.field.widget, forms.CheckboxInput)
