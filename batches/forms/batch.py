"""The edit form of a batch: it validates what was typed and returns a typed edit. It makes no calls."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils import timezone

from batches import rules
from batches.forms.expiry import ClockField, ExpiryForm, in_picker, tells_one_moment, typed_as, zone_named
from batches.forms.fingerprint import fingerprint_of, loaded_with, unsealed
from batches.forms.reason import ReasonField
from common.time_zones import zone_or_none
from syllable.schemas import KEEP, NOT_OVER, Abilities, Batch, BatchEdit, BatchStatus, Keep, Timestamp

REVIEW_SALT = "batches.review"
LOST = (
    "This form is no longer valid. What you typed is still here. "
    "Compare your input with the batch as it is now, then review again."
)


class StatusSelect(forms.Select):
    """A dropdown whose impossible options are visible but disabled, with the reason after the word."""

    # A status may be a word that only the API knows.
    template_name = "_select.html"
    status_choices: list[rules.StatusChoice]

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        why_not = next((choice.why_not for choice in self.status_choices if choice.status == value), "")
        if why_not:
            option["label"] = f"{option['label']} ({why_not})"
            option["attrs"]["disabled"] = True
        return option


class BatchForm(ExpiryForm):
    """The form of one batch.

    Unbound it shows `batch`. Bound it compares the posted values with the fingerprint, which records what the form was
    loaded with. So an untouched field counts as untouched even if the batch has changed, and typed times keep their
    zone even if the reader's zone has changed. After `is_valid()`, `edit` is the edit, `why` the reason for it, and
    `loaded` what the operator was looking at (`rules.snapshot`). A bound form without a fingerprint for its own batch
    `is_lost`.
    """

    status = forms.CharField(required=False, max_length=100, widget=StatusSelect)
    expires_on = ClockField(required=False, label="Expires on")
    clear_expiry = forms.BooleanField(required=False, label="No expiry")
    call_rate = forms.IntegerField(
        required=False,
        label="Call rate",
        # Only a hint for the browser: an unedited rate may be anything, and an edited one is up to the rules.
        widget=forms.NumberInput(attrs={"min": rules.LOWEST_CALL_RATE, "max": rules.HIGHEST_CALL_RATE}),
        help_text="Attempts per hour for this batch. Where none was ever set, the campaign's own rate applies.",
    )
    auto_call_rate = forms.ChoiceField(
        required=False,
        label="Automatic call rate",
        choices=[("false", "Off"), ("true", "On: finish before the expiry")],
        help_text="Overrides the call rate. Counts only the campaign's contact hours.",
    )
    deleted_reason = ReasonField(
        label="Reason for canceling", help_text="Syllable stores the reason with the batch. Canceling is final."
    )
    reason = ReasonField()
    fingerprint = forms.CharField(required=False, widget=forms.HiddenInput)

    edit: BatchEdit
    why: str
    loaded: dict[str, Any]
    may_become: list[BatchStatus | str]
    is_over: bool

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        batch_id: str,
        abilities: Abilities,
        paused_from: BatchStatus | None = None,
        batch: Batch | None = None,
        campaign_zone: tzinfo | None = None,
    ) -> None:
        super().__init__(data)
        self.batch_id, self.abilities, self.paused_from = batch_id, abilities, paused_from
        self.edit, self.why = BatchEdit(), ""
        fingerprint = (
            self.data.get("fingerprint", "") if self.is_bound else fingerprint_of(batch or Batch(), campaign_zone)
        )
        loaded = loaded_with(fingerprint, batch_id)
        self.is_lost = loaded is None
        for name in set(rules.EDITABLE) - set(abilities.editable):
            del self.fields[name]
        self.loaded = {name: (loaded or {}).get(name) for name in rules.EDITABLE}
        self.shown_expiry: str = (loaded or {}).get("shown_expiry", "")
        self.clock = zone_named((loaded or {}).get("zone", ""))
        self.campaign_clock = zone_or_none((loaded or {}).get("campaign_zone", ""))
        self._offer(fingerprint)

    def _offer(self, fingerprint: str) -> None:
        status = self.loaded_batch.status
        choices = rules.status_choices(status, self.abilities, paused_from=self.paused_from)
        possible = [choice for choice in choices if not choice.why_not]
        self.may_become = [choice.status for choice in possible if choice.status != status]
        self.is_over = not self.is_lost and status not in NOT_OVER
        # A batch that has ended allows hardly anything: listing reasons against all the rest would hide what it does
        # allow.
        choices = possible if self.is_over else choices
        widget = self.fields["status"].widget
        widget.status_choices = choices
        widget.choices = [(str(choice.status), str(choice.status) or "no status") for choice in choices]
        self.initial = {
            "status": str(status),
            "expires_on": self.shown_expiry,
            "deleted_reason": self.loaded["deleted_reason"] or "",
            "call_rate": _in_box(self.loaded["call_rate"]),
            "auto_call_rate": _as_choice(self.loaded["auto_call_rate"]),
            "fingerprint": fingerprint,
        }

    @property
    def loaded_batch(self) -> Batch:
        """The batch as far as the fingerprint knows it: enough for the rules."""
        return Batch.read({"batch_id": self.batch_id, **self.loaded})

    @property
    def shown_until(self) -> datetime | None:
        expires_on = self.loaded_batch.expires_on
        return expires_on.at if expires_on else None

    @property
    def only_cancel(self) -> bool:
        """Whether canceling is all that can be done with the batch as loaded."""
        return self.is_over and self.may_become == [BatchStatus.CANCELED]

    @property
    def offered(self) -> frozenset[str]:
        """The fields that can be used with the batch as loaded."""
        if not self.is_over:
            return frozenset(self.fields)
        if not self.may_become:
            return frozenset()
        return frozenset(
            {"deleted_reason"} if self.only_cancel else {"status", "expires_on", "deleted_reason", "reason"}
        )

    @property
    def errors_elsewhere(self) -> list[str]:
        """The errors of the form as a whole, and of fields that are not offered."""
        names = [name for name in self.fields if name not in self.offered]
        return [str(message) for name in [NON_FIELD_ERRORS, *names] for message in self.errors.get(name, [])]

    @property
    def untold_expiry(self) -> Timestamp | None:
        """The expiry that the form was loaded with, where the picker shows none or an ambiguous time."""
        return None if tells_one_moment(self.shown_expiry, self.clock) else self.loaded_batch.expires_on

    @property
    def review(self) -> str:
        """What a review of this form shows, signed, for the confirmation to post as `reviewed`."""
        return signing.dumps(self._reviewed(), salt=REVIEW_SALT, compress=True)

    @property
    def is_as_reviewed(self) -> bool:
        """Whether the edit is the one that was reviewed. True without `reviewed`: then there was no review."""
        sealed = self.data.get("reviewed", "")
        return not sealed or unsealed(sealed, REVIEW_SALT) == self._reviewed()

    def _reviewed(self) -> dict[str, Any]:
        return {"batch_id": self.batch_id, "loaded": self.loaded, "edit": self.edit.fields(), "why": self.why}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.is_lost:
            raise forms.ValidationError(LOST)
        if self.errors:
            return cleaned
        status = self._wanted_status(cleaned["status"])
        canceling = status == BatchStatus.CANCELED
        self.edit = BatchEdit(
            status=status,
            expires_on=KEEP if canceling else self._wanted_expiry(cleaned),
            deleted_reason=cleaned["deleted_reason"] if canceling else None,
            call_rate=KEEP if canceling else self._wanted_call_rate(cleaned),
            auto_call_rate=None if canceling else self._wanted_auto_call_rate(cleaned),
        )
        self.why = self.edit.deleted_reason or cleaned["reason"]
        self._refuse_foreign("call_rate", shown=_in_box(self.loaded["call_rate"]))
        self._refuse_foreign("auto_call_rate", shown=_as_choice(self.loaded["auto_call_rate"]))
        if self.errors:
            return cleaned
        for problem in self._problems():
            self.add_error(problem.field or None, problem.message)
        if not self.edit:
            raise forms.ValidationError("Nothing to change. You have not edited anything.")
        return cleaned

    def add_error(self, field: str | None, error: Any) -> None:
        """Add an error; about a field that this contract does not have, to the form as a whole."""
        super().add_error(field if field in self.fields else None, error)

    def _refuse_foreign(self, name: str, *, shown: str) -> None:
        """Say so if a field was edited that only another contract has: the form may have been loaded under that one."""
        if name not in self.fields and self.data.get(name, shown).strip() != shown:
            label = str(self.base_fields[name].label).lower()
            self.add_error(None, f"This version of the API has no {label}.")

    def _problems(self) -> list[rules.Problem]:
        return [
            *rules.problems(
                self.loaded_batch,
                self.edit,
                abilities=self.abilities,
                now=timezone.now(),
                paused_from=self.paused_from,
            ),
            *rules.missing_reason(self.edit.kinds, self.why, required=settings.REASON_REQUIRED),
        ]

    def _wanted_status(self, posted: str) -> BatchStatus | None:
        if "status" not in self.data or posted == self.loaded["status"]:
            return None
        if posted not in self.abilities.statuses:
            self.add_error("status", "Choose a status from the list.")
            return None
        return BatchStatus(posted)

    def _wanted_expiry(self, cleaned: dict[str, Any]) -> Timestamp | Keep | None:
        """Return the edit of the expiry.

        The picker drops seconds, so the edit depends on whether its text has changed.
        """
        typed = self.data.get("expires_on", self.shown_expiry).strip()
        if cleaned.get("clear_expiry"):
            return None if self.loaded["expires_on"] is not None else KEEP
        if typed == self.shown_expiry:
            return KEEP
        if not typed:
            self.add_error("expires_on", "Enter a date and time, or select “No expiry” to remove the expiry.")
            return KEEP
        return self._moment(cleaned["expires_on"]) or KEEP

    def _wanted_call_rate(self, cleaned: dict[str, Any]) -> int | Keep | None:
        shown = _in_box(self.loaded["call_rate"])
        if "call_rate" not in self.fields or self.data.get("call_rate", shown).strip() == shown:
            return KEEP
        rate: int | None = cleaned.get("call_rate")
        return rate

    def _wanted_auto_call_rate(self, cleaned: dict[str, Any]) -> bool | None:
        typed = cleaned.get("auto_call_rate")
        if not typed or typed == _as_choice(self.loaded["auto_call_rate"]):
            return None
        return bool(typed == "true")


def _in_box(call_rate: object) -> str:
    """Return what a number input can show of a call rate."""
    return str(call_rate) if isinstance(call_rate, int) else ""


def _as_choice(auto_call_rate: object) -> str:
    return "true" if auto_call_rate is True else "false"


def fill(batch: Batch, edit: BatchEdit, why: str = "") -> dict[str, str]:
    """Return what a form loaded with `batch` posts when `edit` is typed into it, with the reason `why`."""
    zone = timezone.get_current_timezone()
    data = {
        "fingerprint": fingerprint_of(batch),
        "status": str(edit.status or batch.status),
        "expires_on": in_picker(batch.expires_on, zone),
        "deleted_reason": edit.deleted_reason or "",
        "reason": "" if edit.deleted_reason else why,
        "call_rate": _in_box(batch.call_rate if edit.call_rate is KEEP else edit.call_rate),
        "auto_call_rate": _as_choice(batch.auto_call_rate if edit.auto_call_rate is None else edit.auto_call_rate),
    }
    if edit.expires_on is None:
        data["clear_expiry"] = "on"
    elif edit.expires_on is not KEEP:
        data |= typed_as(edit.expires_on, zone)
    return data
