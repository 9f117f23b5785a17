"""Why something is done: the field for it, with the installation's own suggestions, and the form that asks for it."""

from typing import Any

from django import forms

from common.reasons import LONGEST_REASON, tidy

KEPT_HERE = "The trail keeps the reason. Syllable does not see it."


class ReasonInput(forms.TextInput):
    """One line, with the quick reasons of the settings as suggestions."""

    template_name = "_reason_input.html"

    def __init__(self) -> None:
        super().__init__(attrs={"maxlength": LONGEST_REASON, "autocomplete": "off"})


class ReasonField(forms.CharField):
    """An optional reason. It is tidied, never refused: a form for a pause must not fail because of it."""

    widget = ReasonInput

    def __init__(self, *, label: str = "Reason", help_text: str = KEPT_HERE) -> None:
        super().__init__(required=False, label=label, help_text=help_text)

    def clean(self, value: Any) -> str:
        return tidy(str(value or ""))


class ReasonForm(forms.Form):
    """The question for a reason where the installation demands one."""

    reason = ReasonField()
