"""How every form of the product is rendered."""

from typing import Any

from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest

from dashboard.controls import CONTROLS


class FormRenderer(TemplatesSetting):
    """Renders `{{ field.as_field_group }}` with our own template, and the common controls without one."""

    field_template_name = "_field.html"

    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        draw = CONTROLS.get(template_name)
        return draw(context["widget"]) if draw else super().render(template_name, context, request)
