"""How a form field is drawn: its control with the class that Tabler has for it."""

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

CONTROL_CLASSES: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, "form-check-input"),
    (forms.Select, "form-select"),
    (forms.Widget, "form-control"),
)


def control(field: BoundField) -> SafeString:
    """The widget of a form field with Tabler's class for it, beside the classes it has already."""
    widget = field.field.widget
    tabler = next(css_class for kind, css_class in CONTROL_CLASSES if isinstance(widget, kind))
    invalid = "is-invalid" if field.errors else ""
    return field.as_widget(attrs={"class": " ".join(filter(None, [tabler, widget.attrs.get("class"), invalid]))})


def is_checkbox(field: BoundField) -> bool:
    """Whether the label of a form field belongs behind its control."""
    return isinstance(field.field.widget, forms.CheckboxInput)
