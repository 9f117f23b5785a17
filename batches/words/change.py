"""How pages speak of a change: what it did, and its outcome."""

from dataclasses import dataclass
from typing import Any

from accounts.models import User
from batches import outcome_messages, rules
from batches.models import NOT_WRITTEN, Change, Outcome
from batches.services.changes.reason import may_add_reason
from batches.services.changes.undo import undo_edit
from batches.words.tones import OUTCOME_ALERTS, Alert
from common.moments import NOTHING, clock, exact
from common.untrusted import visible
from syllable.schemas import KEEP, BatchEdit, BatchStatus, Timestamp, plain_text

LABELS = {
    "status": "Status",
    "expires_on": "Expires on",
    "deleted_reason": "Reason for canceling",
    "call_rate": "Call rate",
    "auto_call_rate": "Automatic call rate",
}
DEEDS = {BatchStatus.PAUSED: "Paused", BatchStatus.CANCELED: "Canceled"}
# What was wanted, as a noun.
EDIT_NOUNS = {BatchStatus.PAUSED: "pause", BatchStatus.CANCELED: "cancellation"}
NEVER_CONFIRMED = "Never confirmed"
SOMEBODY_ELSEWHERE = "Somebody elsewhere"


@dataclass(frozen=True, slots=True)
class Notice:
    """The outcome of a change: the `title` first, then the `body`, "" for nothing; and what can be done about it."""

    alert: Alert
    title: str
    body: str
    can_undo: bool
    can_settle: bool


def outcome_word(change: Change) -> str:
    """Return the outcome of a change in words; an unknown outcome as it is.

    Changes of `ChangeQuerySet.not_confirmed`, and those that were never confirmed, have words of their own.
    """
    if change.outcome == Outcome.UNCONFIRMED and change.is_settled:
        return NEVER_CONFIRMED
    if change.outcome == Outcome.STARTED and change.is_over():
        return str(Outcome.UNCONFIRMED.label)
    return change.get_outcome_display()


def made_by(change: Change) -> str:
    """Return who made a change."""
    return SOMEBODY_ELSEWHERE if change.outcome == Outcome.OBSERVED else change.actor_email


def label(field: str) -> str:
    """Return what pages call a field of the API."""
    return LABELS.get(field) or visible(field)


def shown(value: Any, field: str) -> str:
    """Return a field's value, as the API or a form holds it, in the reader's words and zone."""
    if field == "expires_on":
        return exact(Timestamp.read(plain_text(value))) if value else "no expiry"
    if field == "call_rate":
        return "the campaign's" if value is None else visible(f"{value} per hour")
    if field == "auto_call_rate":
        return "on" if value is True else "off"
    return visible(value) if value else NOTHING


def steps(change: Change) -> list[rules.Step]:
    """Return what a change edits, from → to; if nothing was written, from what the operator was looking at."""
    return rules.steps(change.before or change.loaded or {}, change.edit)


def deed(change: Change) -> str:
    """Return what a change does, in the past tense: `Paused`, `Resumed, expiry changed`."""
    before = (change.before or change.loaded or {}).get("status")
    words = ", ".join(_deeds(change.edit, before))
    return words[:1].upper() + words[1:]


def _deeds(edit: BatchEdit, before: str | None) -> list[str]:
    deeds = []
    if edit.status:
        resumed = "Resumed" if before == BatchStatus.PAUSED else f"Set to {edit.status}"
        deeds.append(DEEDS.get(edit.status, resumed))
    if edit.expires_on is not KEEP:
        deeds.append("expiry changed" if edit.expires_on else "expiry removed")
    if edit.call_rate is not KEEP or edit.auto_call_rate is not None:
        deeds.append("call rate changed")
    if edit.deleted_reason is not None and not edit.status:
        deeds.append("reason for canceling changed")
    return deeds


def change_detail(change: Change) -> str:
    """Say why a change ended as it did, "" if there is nothing to say. Times are in the reader's zone."""
    if change.outcome == Outcome.OBSERVED:
        return outcome_messages.changed_by(change.last_updated_by)
    if change.detail or change.outcome != Outcome.UNCONFIRMED or change.batch_seen is None:
        return change.detail
    before = str(change.status_before or "")
    resume = "resume" if before == BatchStatus.PAUSED else "change"
    deed = EDIT_NOUNS.get(change.edit.status, resume) if change.edit.status else "change"
    return outcome_messages.checked_again(
        clock(change.seen_at, seconds=False),
        status=str(change.batch_seen.status),
        was=before,
        deed=deed,
        is_last=change.is_settled,
    )


def change_notice(change: Change, *, may_edit: bool) -> Notice:
    """Return the outcome of a change in words, with what a person can do about it if they `may_edit`."""
    return Notice(
        alert=OUTCOME_ALERTS[Outcome(change.outcome)],
        title=visible(_title(change)),
        body=visible(_body(change)),
        can_undo=may_edit and bool(undo_edit(change)),
        can_settle=may_edit and change.outcome == Outcome.UNCONFIRMED and not change.is_settled,
    )


def can_undo(change: Change) -> bool:
    """Return whether there is an edit that undoes the change; whether it is still wanted is up to the review."""
    return bool(undo_edit(change))


def lacks_reason(change: Change, user: User) -> bool:
    """Return whether to offer somebody to say why a change was made: it wrote, or may have, and nobody said why."""
    is_told = bool(change.reason) or change.outcome in NOT_WRITTEN
    return not is_told and may_add_reason(user, change)


def _title(change: Change) -> str:
    match Outcome(change.outcome):
        case Outcome.APPLIED:
            return outcome_messages.confirmed(deed(change), clock(change.settled_at))
        case Outcome.OBSERVED:
            return outcome_messages.made_elsewhere(deed(change), clock(change.seen_at))
        case Outcome.UNCONFIRMED:
            return f"{outcome_word(change)}: {change.detail}" if change.detail else f"{outcome_word(change)}."
        case Outcome.UNCHANGED:
            return change.detail
    return outcome_messages.TITLES[change.outcome]


def _body(change: Change) -> str:
    match Outcome(change.outcome):
        case Outcome.APPLIED:
            return change.detail
        case Outcome.OBSERVED:
            return outcome_messages.changed_by(change.last_updated_by)
        case Outcome.UNCONFIRMED if not change.detail:
            return change_detail(change)
        case Outcome.UNCONFIRMED | Outcome.CONFLICT if change.batch_seen:
            return outcome_messages.last_seen(clock(change.seen_at), status=str(change.batch_seen.status))
        case Outcome.REJECTED | Outcome.NOT_SENT:
            return change.detail
    return ""
