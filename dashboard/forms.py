"""How every form of the product is rendered."""

from typing import Any

from django.forms.renderers import Jinja2
from django.template.loader import get_template


class FormRenderer(Jinja2):
    """Draws a field with our own template, and its control with Django's, or with the admin's."""

    field_template_name = "_field.html"

    def get_template(self, template_name: str) -> Any:
        # Django's take a name that is not there for nothing: they have an engine of their own.
        if template_name.startswith("django/forms/"):
            return super().get_template(template_name)
        return get_template(template_name)
