"""Which edit of a batch is acceptable. Pure: no database, no network, the time is an argument.

The API publishes no rules; these are ours. Each rule takes the batch as it is now and says what may be done to it, in
words for the operator.
"""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from syllable.schemas import KEEP, NOT_OVER, RUNNING, Abilities, Batch, BatchEdit, BatchStatus, EditKind, Timestamp

ALL = BatchStatus
MAY_FOLLOW: dict[BatchStatus, frozenset[BatchStatus]] = {
    ALL.PENDING: frozenset({ALL.ACTIVE, ALL.PAUSED, ALL.CANCELED}),
    ALL.ACTIVE: frozenset({ALL.PAUSED, ALL.CANCELED}),
    ALL.IDLE: frozenset({ALL.ACTIVE, ALL.PAUSED, ALL.CANCELED}),
    ALL.PAUSED: frozenset({ALL.ACTIVE, ALL.CANCELED}),
    ALL.EXPIRED: frozenset({ALL.ACTIVE, ALL.PAUSED, ALL.CANCELED}),
    ALL.CANCELED: frozenset(),
    ALL.FAILED: frozenset({ALL.CANCELED}),
}
ONLY_CANCEL = frozenset({ALL.CANCELED})
EDITABLE = ("status", "expires_on", "deleted_reason", "call_rate", "auto_call_rate")
# Letters and symbols that look like nothing.
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
LOWEST_CALL_RATE, HIGHEST_CALL_RATE = 1, 3600


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an edit is impossible. `field` is the form's field, "" for the whole edit."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class StatusChoice:
    """One status of the dropdown. `why_not` is empty where it may be chosen."""

    status: BatchStatus | str
    why_not: str = ""


def status_choices(
    current: BatchStatus | str, abilities: Abilities, *, paused_from: BatchStatus | None = None
) -> list[StatusChoice]:
    """Return the dropdown for a batch that is `current` now: every status of the contract, and always `current`."""
    offered: list[BatchStatus | str] = list(abilities.statuses)
    if current not in offered:
        offered.insert(0, current)
    return [
        StatusChoice(status, "" if status == current else why_not(current, status, abilities, paused_from=paused_from))
        for status in offered
    ]


def why_not(
    current: BatchStatus | str,
    wanted: BatchStatus | str,
    abilities: Abilities,
    *,
    paused_from: BatchStatus | None = None,
) -> str:
    """Return why a batch that is `current` cannot be set to `wanted`; "" where it can.

    `paused_from` is the status from which our newest change paused the batch, None where that is unknown. A batch can
    return to PENDING only if it was paused from there.
    """
    if _may_follow(current, wanted, paused_from):
        return next((why for step, why in abilities.inexpressible.items() if step == (current, wanted)), "")
    if wanted in (ALL.IDLE, ALL.EXPIRED, ALL.FAILED):
        return "only Syllable sets this"
    if current == ALL.CANCELED:
        return "canceled is final"
    if current == ALL.FAILED or not isinstance(current, BatchStatus):
        return f"a batch that is {_word(current)} can only be canceled"
    if wanted == ALL.PENDING:
        return "only for a batch that was pending when it was paused"
    return f"not possible from {current}"


def _may_follow(current: BatchStatus | str, wanted: BatchStatus | str, paused_from: BatchStatus | None) -> bool:
    if current == ALL.PAUSED and wanted == ALL.PENDING:
        return paused_from == ALL.PENDING
    allowed = MAY_FOLLOW[current] if isinstance(current, BatchStatus) else ONLY_CANCEL
    return wanted in allowed


def problems(
    batch: Batch, edit: BatchEdit, *, abilities: Abilities, now: datetime, paused_from: BatchStatus | None = None
) -> list[Problem]:
    """Return everything that prevents applying `edit` to `batch` at `now` (aware)."""
    against = []
    if edit.status is not None and edit.status != batch.status:
        if edit.status not in abilities.statuses:
            against.append(Problem("status", f"This version of the API has no status {edit.status}."))
        elif reason := why_not(batch.status, edit.status, abilities, paused_from=paused_from):
            against.append(
                Problem("status", f"The batch is {_word(batch.status)} and cannot be set to {edit.status} ({reason}).")
            )
    against += _reason_problems(edit)
    against += _expiry_problems(batch, edit, now)
    against += _rate_problems(batch, edit)
    return against


def edit_problems(edit: BatchEdit, *, now: datetime) -> list[Problem]:
    """Return what makes `edit` impossible for any batch at `now` (aware)."""
    against = _reason_problems(edit)
    if isinstance(edit.expires_on, Timestamp):
        against += _moment_problems(edit.expires_on, now)
    return against


def _reason_problems(edit: BatchEdit) -> list[Problem]:
    if edit.status == ALL.CANCELED and not can_be_seen(edit.deleted_reason or ""):
        return [Problem("deleted_reason", "Enter a reason for canceling. Syllable stores the reason with the batch.")]
    if edit.status != ALL.CANCELED and edit.deleted_reason is not None:
        return [Problem("deleted_reason", "Only a cancellation can have a reason.")]
    return []


def can_be_seen(text: str) -> bool:
    """Return whether a text has a letter, number, sign or symbol: spaces, marks and control characters show nothing."""
    return any(unicodedata.category(character)[0] in "LNPS" and character not in BLANKS for character in text)


def _expiry_problems(batch: Batch, edit: BatchEdit, now: datetime) -> list[Problem]:
    revives = batch.status == ALL.EXPIRED and edit.status in (ALL.ACTIVE, ALL.PAUSED)
    if edit.expires_on is KEEP:
        if revives:
            return [Problem("expires_on", "The batch has expired. Enter a new expiry in the future too.")]
        return []
    if edit.status is None and batch.status not in NOT_OVER:
        return [Problem("expires_on", f"The batch is {_word(batch.status)}. The expiry cannot be changed.")]
    if edit.status == ALL.CANCELED:
        return [Problem("expires_on", "A cancellation cannot change the expiry.")]
    if edit.expires_on is None:
        return [Problem("expires_on", "The batch has expired. Enter a new expiry in the future.")] if revives else []
    return _moment_problems(edit.expires_on, now)


def _moment_problems(expires_on: Timestamp, now: datetime) -> list[Problem]:
    if expires_on.at is None:
        return [Problem("expires_on", "Enter a date and time.")]
    if expires_on.at <= now:
        return [Problem("expires_on", "The expiry must be in the future. To stop the batch now, pause or cancel.")]
    return []


def _rate_problems(batch: Batch, edit: BatchEdit) -> list[Problem]:
    against = []
    rates = [name for name in ("call_rate", "auto_call_rate") if name in edit.fields()]
    if rates and (batch.status not in NOT_OVER or edit.status == ALL.CANCELED):
        against.append(Problem(rates[0], f"The batch is {_word(batch.status)}. The call rate cannot be changed."))
    if edit.call_rate is None:
        against.append(Problem("call_rate", "Enter a call rate. Syllable cannot remove a call rate."))
    elif edit.call_rate is not KEEP and not LOWEST_CALL_RATE <= edit.call_rate <= HIGHEST_CALL_RATE:
        against.append(
            Problem("call_rate", f"Enter a call rate from {LOWEST_CALL_RATE} to {HIGHEST_CALL_RATE} attempts per hour.")
        )
    expires_on = batch.expires_on if edit.expires_on is KEEP else edit.expires_on
    paced = batch.auto_call_rate is True if edit.auto_call_rate is None else edit.auto_call_rate
    if paced and expires_on is None and edit.status != ALL.CANCELED:
        if edit.auto_call_rate:
            against.append(Problem("auto_call_rate", "The automatic call rate needs an expiry."))
        elif edit.expires_on is None:
            against.append(
                Problem(
                    "expires_on", "The automatic call rate needs an expiry. Turn off the automatic call rate first."
                )
            )
    return against


def _word(status: BatchStatus | str) -> str:
    return status or "without a status"


def snapshot(batch: Batch) -> dict[str, Any]:
    """Return what an operator looking at `batch` sees of its editable fields, as JSON can hold it."""
    return {
        "status": str(batch.status),
        "expires_on": batch.expires_on.text if batch.expires_on else None,
        "deleted_reason": batch.deleted_reason,
        "call_rate": batch.call_rate,
        "auto_call_rate": batch.auto_call_rate,
    }


def clashes(loaded: Mapping[str, Any], batch: Batch, edit: BatchEdit) -> list[str]:
    """Return the fields of `loaded` (a `snapshot`, or a part of one) that `batch` no longer shows.

    PENDING, ACTIVE and IDLE follow each other by themselves, so a move among these is no clash unless the edit sets the
    status.
    """
    now = snapshot(batch)
    return [field for field in EDITABLE if field in loaded and not _agree(field, loaded[field], now[field], edit)]


def _agree(field: str, loaded: Any, now: Any, edit: BatchEdit) -> bool:
    if loaded == now:
        return True
    if field == "status":
        return edit.status is None and {loaded, now} <= RUNNING
    if field == "expires_on" and loaded and now:
        return Timestamp.read(loaded).same_moment(Timestamp.read(now))
    return False


def one_click(status: BatchStatus | str) -> str:
    """Return what one click does on a batch of this status: `pause`, `resume`, or "" for nothing."""
    if status in RUNNING:
        return "pause"
    return "resume" if status == ALL.PAUSED else ""


def resumed_status(paused_from: BatchStatus | None) -> BatchStatus:
    """Return the status of a paused batch once resumed: PENDING if it was paused from there, else ACTIVE."""
    return ALL.PENDING if paused_from == ALL.PENDING else ALL.ACTIVE


@dataclass(frozen=True, slots=True)
class Step:
    """One edited field of an edit, with its old and new value; as JSON holds them, None for "none"."""

    field: str
    before: Any
    after: Any


def steps(before: Mapping[str, Any], edit: BatchEdit) -> list[Step]:
    """Return what `edit` changes, field by field; `before` is a `snapshot`, or the API's own object."""
    return [Step(name, before.get(name), value) for name, value in edit.fields().items()]


@dataclass(frozen=True, slots=True)
class Version:
    """One field of a conflict, three times: as loaded, as it is now, as edited."""

    field: str
    loaded: Any
    now: Any
    wanted: Any
    is_edited: bool
    clashes: bool


def versions(loaded: dict[str, Any], batch: Batch, edit: BatchEdit) -> list[Version]:
    """Return the fields of a conflict that were edited, or that `batch` no longer shows as `loaded`."""
    now, clashing = snapshot(batch), clashes(loaded, batch, edit)
    was, wanted = now | loaded, edit.fields()
    return [
        Version(name, was[name], now[name], wanted.get(name, now[name]), name in wanted, name in clashing)
        for name in EDITABLE
        if name in wanted or name in clashing
    ]


def missing_reason(
    kinds: Collection[str], reason: str, *, required: Collection[str], is_undo: bool = False
) -> list[Problem]:
    """Return what is wrong with the reason for an edit of these kinds; `required` are kinds that need one, or `undo`.

    Nothing may keep anybody from pausing. A cancellation has a reason of its own, which the rules above demand.
    """
    if EditKind.PAUSE in kinds or EditKind.CANCEL in kinds or can_be_seen(reason):
        return []
    if any(kind in required for kind in kinds) or (is_undo and "undo" in required):
        return [Problem("reason", "Enter a reason. Your administrators ask for one here.")]
    return []


def eligible(edit: BatchEdit) -> frozenset[BatchStatus]:
    """Return the statuses of batches that an operation with `edit` touches; it skips all others.

    Narrower than what may be done to one batch: batches that have ended are not canceled or revived in bulk.
    """
    if edit.status == ALL.PAUSED:
        return RUNNING
    if edit.status in (ALL.ACTIVE, ALL.PENDING):
        return frozenset({ALL.PAUSED})
    return NOT_OVER
