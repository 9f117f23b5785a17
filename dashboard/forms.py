"""How every form of the product is rendered."""

from typing import Any

from django.forms.renderers import Jinja2
from django.template.loader import get_template


class FormRenderer(Jinja2):
    """A renderer with our template for a field, and Django's or the admin's template for its control."""

    field_template_name = "_field.html"

    def get_template(self, template_name: str) -> Any:
        # Django's own templates treat undefined names as empty, so they have an engine of their own.
        if template_name.startswith("django/forms/"):
            return super().get_template(template_name)
        return get_template(template_name)
