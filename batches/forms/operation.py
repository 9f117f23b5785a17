"""The forms of an operation: what to do to which batches, and what is required before it starts."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone

from batches import rules
from batches.converters import has_address
from batches.forms.expiry import ClockField, ExpiryForm, zone_named
from batches.forms.reason import ReasonField
from batches.models import MOST_SELECTED, Expiry, Kind, SightingFilter, Target, TargetScope
from common.numbers import whole_number
from syllable.schemas import BatchEdit, BatchStatus, typed_status

LONGEST_FILTER = 200
# Of statuses, and of campaigns.
MOST_VALUES = 20
LOST_PREVIEW = "This preview is no longer valid. What you typed is still here. Check your input, then start again."
SELECT_FIRST = "Select the batches, then choose an action."
NOTHING_SELECTED = "nothing_selected"
UNCLEAR_KIND = "Choose an action: pause, resume, cancel or set expiry."
UNCLEAR_FILTER = "This filter cannot be used for an operation. Nothing was started."
UNCLEAR_SCOPE = "Choose which batches: a campaign, selected batches, a filter or everything."
NEEDED = {
    Kind.PAUSE: frozenset({"reason", "keep_paused"}),
    Kind.RESUME: frozenset({"reason"}),
    Kind.CANCEL: frozenset({"deleted_reason", "typed"}),
    Kind.EXPIRY: frozenset({"expires_on", "expires_on_offset", "reason"}),
}
KEEP_PAUSED = "Whatever somebody resumes elsewhere is paused again, until a person lifts the hold."
STATUSES = {Kind.PAUSE: BatchStatus.PAUSED, Kind.RESUME: BatchStatus.ACTIVE, Kind.CANCEL: BatchStatus.CANCELED}


class TargetForm(forms.Form):
    """What to do to which batches. After `is_valid()`: `kind_wanted`, and `target` or `view`.

    `batch` is repeated. `status`, `campaign`, `q`, `expiry` and `failing` are a filter, as in the address of the list.
    `view` is such a filter that only what the watcher saw can answer: its batches are fixed at the preview.
    """

    kind = forms.ChoiceField(choices=Kind.choices, error_messages={"required": UNCLEAR_KIND, "invalid": UNCLEAR_KIND})
    scope = forms.ChoiceField(choices=TargetScope.choices, error_messages={"required": UNCLEAR_SCOPE})
    campaign = forms.CharField(required=False)
    status = forms.CharField(required=False, max_length=LONGEST_FILTER)
    expiry = forms.ChoiceField(
        required=False, choices=Expiry.choices, error_messages={"invalid_choice": UNCLEAR_FILTER}
    )
    failing = forms.ChoiceField(
        required=False, choices=[("1", "Failing")], error_messages={"invalid_choice": UNCLEAR_FILTER}
    )
    q = forms.CharField(required=False, max_length=LONGEST_FILTER)

    data: QueryDict
    kind_wanted: Kind
    target: Target
    view: SightingFilter | None = None

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        for name, sentence in (("kind", UNCLEAR_KIND), ("scope", UNCLEAR_SCOPE)):
            self.fields[name].error_messages["invalid_choice"] = sentence

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        self.kind_wanted = Kind(cleaned["kind"])
        match TargetScope(cleaned["scope"]):
            case TargetScope.CAMPAIGN:
                self.target = Target(TargetScope.CAMPAIGN, campaign_id=self._campaign(cleaned["campaign"]))
            case TargetScope.SELECTION:
                self.target = Target(TargetScope.SELECTION, batch_ids=self._batch_ids())
            case TargetScope.FILTER:
                self._filter()
            case TargetScope.ALL:
                self.target = Target(TargetScope.ALL)
        return cleaned

    def _campaign(self, typed: str) -> int | None:
        number = whole_number(typed)
        # To the list, 007 is not the campaign 7.
        if number is not None and typed == str(number):
            return number
        # Without its filter the operation would be about everybody's batches.
        self.add_error("campaign", "A campaign id must be a number. Nothing was started.")
        return None

    def _filter(self) -> None:
        cleaned = self.cleaned_data
        statuses = dict.fromkeys(filter(None, map(typed_status, self.data.getlist("status"))))
        campaigns = dict.fromkeys(filter(None, self.data.getlist("campaign")))
        if max(len(statuses), len(campaigns)) > MOST_VALUES or any(len(text) > LONGEST_FILTER for text in statuses):
            raise forms.ValidationError(UNCLEAR_FILTER)
        numbers = [self._campaign(text) for text in campaigns]
        view = SightingFilter(
            tuple(statuses), tuple(campaigns), cleaned["q"], cleaned["expiry"], failing=bool(cleaned["failing"])
        )
        if view.needs_watcher:
            self.view = view
        else:
            campaign_id, status = next(iter(numbers), None), next(iter(statuses), "")
            self.target = Target(TargetScope.FILTER, campaign_id=campaign_id, status=status, q=view.q)

    def _batch_ids(self) -> tuple[str, ...]:
        batch_ids = tuple(dict.fromkeys(self.data.getlist("batch")))
        if not batch_ids:
            raise forms.ValidationError(SELECT_FIRST, code=NOTHING_SELECTED)
        if len(batch_ids) > MOST_SELECTED:
            raise forms.ValidationError(f"You can select at most {MOST_SELECTED} batches at a time.")
        if not all(map(has_address, batch_ids)):
            raise forms.ValidationError(
                "One selected batch has an id that this dashboard cannot store. Deselect that batch."
            )
        return batch_ids

    @property
    def list_query(self) -> str:
        """The query of the list that the operation started from, "" where there was none."""
        return self.data.get("list", "")

    @property
    def posted(self) -> list[tuple[str, str]]:
        """What was chosen, to post again, as names and values."""
        names = ("kind", "scope", "campaign", "status", "q", "expiry", "failing", "list", "batch")
        return [(name, value) for name in names for value in self.data.getlist(name) if value]


class OperationEditForm(ExpiryForm):
    """What is required before an operation of `kind` starts; without data the form is only shown.

    Has only the fields that the kind needs. After `is_valid()`: `edit`, and `why` it is made. To confirm a CANCEL,
    `word` must be typed: canceling is final, and takes more than a click. An expiry is read in `zone`, which the
    preview showed; "" means the reader's own. `can_hold` says that a PAUSE may be kept.
    """

    deleted_reason = ReasonField(
        label="Reason for canceling", help_text="Syllable stores the reason with each batch. Canceling is final."
    )
    expires_on = ClockField(
        label="New expiry", error_messages={"required": "Enter the new expiry as a date and a time."}
    )
    typed = forms.CharField(
        required=False, strip=True, widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    )
    reason = ReasonField()
    keep_paused = forms.BooleanField(required=False, label="Keep these batches paused", help_text=KEEP_PAUSED)

    edit: BatchEdit
    why: str

    def __init__(
        self, data: QueryDict, *, kind: Kind, word: str, is_confirmed: bool, can_hold: bool = False, zone: str = ""
    ) -> None:
        needed = NEEDED[kind] if can_hold else NEEDED[kind] - {"keep_paused"}
        is_filled_in = is_confirmed or not needed.isdisjoint(data)
        super().__init__(data if is_filled_in else None)
        for name in set(self.fields) - needed:
            del self.fields[name]
        self.kind, self.word, self.is_confirmed, self.clock = kind, word, is_confirmed, zone_named(zone)
        if "typed" in self.fields:
            self.fields["typed"].label = f"Type {word} to confirm"

    @property
    def keeps_paused(self) -> bool:
        """Whether what is paused is to stay paused."""
        return bool(self.cleaned_data.get("keep_paused"))

    @staticmethod
    def edit_of(kind: Kind) -> BatchEdit:
        """Return the edit that an operation of `kind` makes to each batch, as far as the empty form knows it."""
        return BatchEdit(status=STATUSES.get(kind))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.edit = self.edit_of(self.kind)
        if self.kind == Kind.CANCEL:
            self.edit = BatchEdit(status=BatchStatus.CANCELED, deleted_reason=cleaned["deleted_reason"])
        elif cleaned.get("expires_on") and (expires_on := self._moment(cleaned["expires_on"])):
            self.edit = BatchEdit(expires_on=expires_on)
        self.why = self.edit.deleted_reason or cleaned.get("reason", "")
        for problem in [
            *rules.edit_problems(self.edit, now=timezone.now()),
            *rules.missing_reason((self.kind,), self.why, required=settings.REASON_REQUIRED),
        ]:
            if problem.field not in self.errors:
                self.add_error(problem.field, problem.message)
        if self.is_confirmed and "typed" in self.fields and not _same_word(cleaned.get("typed", ""), self.word):
            self.add_error("typed", f"Type exactly this: {self.word}")
        return cleaned


def _same_word(typed: str, word: str) -> bool:
    return " ".join(typed.split()).casefold() == " ".join(word.split()).casefold()
