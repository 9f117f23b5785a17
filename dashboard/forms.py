"""Forms about oneself, and how every form of the product is rendered."""

from typing import Any

from django import forms
from django.conf import settings
from django.forms.renderers import Jinja2
from django.template.loader import get_template

from dashboard.models import User
from dashboard.time_zones import time_zone_choices


class FormRenderer(Jinja2):
    """Draws a field with our own template, and its control with Django's, or with the admin's."""

    field_template_name = "_field.html"

    def get_template(self, template_name: str) -> Any:
        # Django's take a name that is not there for nothing: they have an engine of their own.
        if template_name.startswith("django/forms/"):
            return super().get_template(template_name)
        return get_template(template_name)


class TimeZoneSelect(forms.Select):
    """A select of 500 options."""

    template_name = "_select.html"


class TimeZoneField(forms.ChoiceField):
    """A select of time zones; empty is the installation's zone. A value that is no common name stays choosable."""

    widget = TimeZoneSelect

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.keep("")

    def keep(self, name: str) -> None:
        """Offer the common zones and `name`."""
        self.choices = [("", f"The installation's own ({settings.TIME_ZONE})"), *time_zone_choices(name)]


class TimeZoneForm(forms.ModelForm):
    """The part that forms about a user share."""

    time_zone = TimeZoneField(help_text="Dates and times are shown in this zone, with its name.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "time_zone" in self.fields:
            self.fields["time_zone"].keep(self.instance.time_zone)  # type: ignore[attr-defined]


class ProfileForm(TimeZoneForm):
    """What people may change about themselves."""

    class Meta:
        model = User
        fields = ("name", "time_zone")
        help_texts = {"name": "Shown to your colleagues. Syllable is told your email."}
