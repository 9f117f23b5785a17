"""The form that lifts a hold."""

from typing import Any

from django import forms

from batches import rules
from batches.forms.reason import ReasonField


class LiftForm(forms.Form):
    """Why a hold is lifted, which is never left open."""

    reason = ReasonField(label="Reason for lifting")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not rules.can_be_seen(cleaned.get("reason", "")):
            self.add_error("reason", "Enter a reason for lifting this hold.")
        return cleaned
