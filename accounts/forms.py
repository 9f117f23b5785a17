"""Forms for people's own settings."""

from typing import Any

from django import forms
from django.conf import settings

from accounts.models import User
from common.time_zones import time_zone_choices


class TimeZoneSelect(forms.Select):
    """A select with 500 options."""

    template_name = "_select.html"


class TimeZoneField(forms.ChoiceField):
    """A select of time zones.

    Empty means the installation's zone. A stored value with an uncommon name stays selectable.
    """

    widget = TimeZoneSelect

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.keep("")

    def keep(self, name: str) -> None:
        """Offer the common zones and `name`."""
        self.choices = [("", f"Default ({settings.TIME_ZONE})"), *time_zone_choices(name)]


class TimeZoneForm(forms.ModelForm):
    """What the forms about a user share."""

    time_zone = TimeZoneField(help_text="Dates and times appear in this zone.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "time_zone" in self.fields:
            self.fields["time_zone"].keep(self.instance.time_zone)  # type: ignore[attr-defined]


class ProfileForm(TimeZoneForm):
    """What people may change about themselves."""

    class Meta:
        model = User
        fields = ("name", "time_zone", "has_shortcuts")
        help_texts = {"name": "Your colleagues see your name. Syllable sees your email."}
