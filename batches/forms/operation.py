"""The forms of an operation: what to do to which batches, and what is required before it starts."""

from dataclasses import asdict, dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core import signing
from django.http import QueryDict
from django.utils import timezone

from batches import rules
from batches.converters import has_address
from batches.forms.expiry import ClockField, ExpiryForm, zone_named
from batches.forms.reason import ReasonField
from batches.models import MOST_SELECTED, Kind, Target, TargetScope
from common.numbers import whole_number
from syllable.schemas import BatchEdit, BatchStatus, typed_status

SEEN_SALT = "batches.operation.seen"
LONGEST_FILTER = 200
LOST_PREVIEW = "This preview is no longer valid. What you typed is still here. Check your input, then start again."
UNCLEAR_KIND = "Choose an action: pause, resume, cancel or set expiry."
UNCLEAR_SCOPE = "Choose which batches: a campaign, selected batches, a filter or everything."
NEEDED = {
    Kind.PAUSE: frozenset({"reason"}),
    Kind.RESUME: frozenset({"reason"}),
    Kind.CANCEL: frozenset({"deleted_reason", "typed"}),
    Kind.EXPIRY: frozenset({"expires_on", "expires_on_offset", "reason"}),
}
STATUSES = {Kind.PAUSE: BatchStatus.PAUSED, Kind.RESUME: BatchStatus.ACTIVE, Kind.CANCEL: BatchStatus.CANCELED}


class TargetForm(forms.Form):
    """What to do to which batches. After `is_valid()`: `kind` and `target`.

    `batch` is repeated. `status`, `campaign` and `q` are a filter, as in the address of the list.
    """

    kind = forms.ChoiceField(choices=Kind.choices, error_messages={"required": UNCLEAR_KIND, "invalid": UNCLEAR_KIND})
    scope = forms.ChoiceField(choices=TargetScope.choices, error_messages={"required": UNCLEAR_SCOPE})
    campaign = forms.CharField(required=False)
    status = forms.CharField(required=False, max_length=LONGEST_FILTER)
    q = forms.CharField(required=False, max_length=LONGEST_FILTER)

    data: QueryDict
    kind_wanted: Kind
    target: Target

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
                self.target = Target(TargetScope.CAMPAIGN, campaign_id=self._campaign(required=True))
            case TargetScope.SELECTION:
                self.target = Target(TargetScope.SELECTION, batch_ids=self._batch_ids())
            case TargetScope.FILTER:
                campaign_id = self._campaign(required=False)
                self.target = Target(
                    TargetScope.FILTER, campaign_id=campaign_id, status=typed_status(cleaned["status"]), q=cleaned["q"]
                )
            case TargetScope.ALL:
                self.target = Target(TargetScope.ALL)
        return cleaned

    def _campaign(self, *, required: bool) -> int | None:
        typed = self.cleaned_data["campaign"]
        if not typed and not required:
            return None
        number = whole_number(typed)
        # To the list, 007 is not the campaign 7.
        if number is not None and typed == str(number):
            return number
        # Without its filter the operation would be about everybody's batches.
        self.add_error("campaign", "A campaign id must be a number. Nothing was started.")
        return None

    def _batch_ids(self) -> tuple[str, ...]:
        batch_ids = tuple(dict.fromkeys(self.data.getlist("batch")))
        if not batch_ids:
            raise forms.ValidationError("Select the batches, then choose an action.", code="nothing_selected")
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
        names = ("kind", "scope", "campaign", "status", "q", "list", "batch")
        return [(name, value) for name in names for value in self.data.getlist(name) if value]


class OperationEditForm(ExpiryForm):
    """What is required before an operation of `kind` starts; without data the form is only shown.

    Has only the fields that the kind needs. After `is_valid()`: `edit`, and `why` it is made. To confirm a CANCEL,
    `word` must be typed: canceling is final, and takes more than a click. An expiry is read in `zone`, which the
    preview showed; "" means the reader's own.
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

    edit: BatchEdit
    why: str

    def __init__(self, data: QueryDict, *, kind: Kind, word: str, is_confirmed: bool, zone: str = "") -> None:
        needed = NEEDED[kind]
        is_filled_in = is_confirmed or not needed.isdisjoint(data)
        super().__init__(data if is_filled_in else None)
        for name in set(self.fields) - needed:
            del self.fields[name]
        self.kind, self.word, self.is_confirmed, self.clock = kind, word, is_confirmed, zone_named(zone)
        if "typed" in self.fields:
            self.fields["typed"].label = f"Type {word} to confirm"

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


@dataclass(frozen=True, slots=True)
class Seen:
    """What the preview of an operation showed: the campaign's name, the word to type, the zone of the expiry."""

    campaign_name: str = ""
    word: str = ""
    zone: str = ""


def seal(kind: Kind, target: Target, seen: Seen) -> str:
    """Return what the preview of an operation showed, signed, for the form that starts it."""
    return signing.dumps({**_identity(kind, target), **asdict(seen)}, salt=SEEN_SALT, compress=True)


def unseal(sealed: str, kind: Kind, target: Target) -> Seen | None:
    """Return what the preview of this very operation showed; None for any other."""
    try:
        seen: dict[str, Any] = signing.loads(sealed, salt=SEEN_SALT)
    except signing.BadSignature:
        return None
    if not _identity(kind, target).items() <= seen.items():
        return None
    return Seen(seen["campaign_name"], seen["word"], seen.get("zone", ""))


def _identity(kind: Kind, target: Target) -> dict[str, Any]:
    return {
        "kind": kind.value,
        "scope": target.scope.value,
        "campaign": target.campaign_id,
        "status": target.status,
        "q": target.q,
        "batches": list(target.batch_ids),
    }
