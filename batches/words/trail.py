"""How pages speak of an entry of the trail: who did what to what, and how it ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils import timezone

from batches import outcome_messages
from batches.campaign_cache import campaign_name_known
from batches.models import Change, Outcome
from batches.rules import Step
from batches.words import trail_acts
from batches.words.change import NEVER_CONFIRMED, SOMEBODY_ELSEWHERE, change_detail, outcome_word
from batches.words.operation import Badge
from batches.words.tones import Tone, outcome_tone
from common.moments import clock
from trail.models import Action, Entry

DONE = {
    "pause": "paused",
    "resume": "resumed",
    "cancel": "canceled",
    "expiry": "changed the expiry of",
    "rate": "changed the call rate of",
}
TO_DO = {
    "pause": "pause",
    "resume": "resume",
    "cancel": "cancel",
    "expiry": "change the expiry of",
    "rate": "change the call rate of",
}
OF_A_CHANGE = (Action.CHANGE_ENDED, Action.CHANGE_SETTLED)
REACHED = (Outcome.APPLIED, Outcome.OBSERVED)


@dataclass(frozen=True, slots=True)
class Day:
    """The entries of one day in the reader's zone; `date` is like 2026-11-30."""

    title: str
    date: str
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class Line:
    """One entry in words. `who`, `verb` and `what` are a sentence; `what` may be "", and then comes the batch, if any.

    `numbers` are those of an operation's end, `steps` what a change edits, `detail` why it ended as it did.
    """

    who: str
    verb: str
    what: str = ""
    badge: Badge | None = None
    numbers: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    detail: str = ""


def days(entries: Iterable[Entry]) -> list[Day]:
    """Return the entries by day, in their order."""
    today = timezone.localdate()
    words = {0: "Today, ", 1: "Yesterday, "}
    found = []
    for day, of_day in groupby(entries, key=lambda entry: timezone.localtime(entry.at).date()):
        title = f"{words.get((today - day).days, '')}{day:%A} {day.day} {day:%B %Y}"
        found.append(Day(title, day.isoformat(), list(of_day)))
    return found


def line(entry: Entry, change: Change | None = None) -> Line:
    """Return the entry in words; `change` is the change it is about as it stands now, if there is one."""
    if entry.action in OF_A_CHANGE:
        return _of_change(entry, change)
    if entry.operation_id is not None and entry.change_id is None:
        return _of_operation(entry)
    who, verb, what, detail = trail_acts.said(entry)
    return Line(who, verb, what, detail=detail)


def campaign_called(entry: Entry | Change) -> str:
    """Return what the campaign of an entry, or a change, was called then, else what it is called now or its number."""
    return entry.campaign_name or campaign_name_known(entry.campaign_id) or f"campaign {entry.campaign_id}"


def settled_since(entry: Entry, change: Change | None) -> str:
    """Return how a change that was open at this entry ended later, "" for no later end."""
    is_open = entry.outcome == Outcome.UNCONFIRMED and not entry.body.get("is_settled")
    if entry.action != Action.CHANGE_ENDED or not is_open or change is None or not change.is_settled:
        return ""
    return NEVER_CONFIRMED if change.outcome == Outcome.UNCONFIRMED else change.get_outcome_display()


def entry_outcome(entry: Entry) -> str:
    """Return the outcome that an entry tells, in words; an unknown one as it is."""
    if entry.outcome == Outcome.UNCONFIRMED and entry.body.get("is_settled"):
        return NEVER_CONFIRMED
    return Outcome(entry.outcome).label if entry.outcome in Outcome.values else entry.outcome


def last_seen(change: Change | None) -> str:
    """Return the status in which a batch was last read for a change, and when; "" where it never was."""
    if change is None or change.batch_seen is None:
        return ""
    return f"Last seen {change.batch_seen.status} at {clock(change.seen_at)}."


def entry_steps(entry: Entry) -> tuple[Step, ...]:
    """Return what the change of an entry edits, field by field, as far as the entry says."""
    edit, before = _object(entry, "edit"), _object(entry, "before")
    return tuple(Step(name, before.get(name), value) for name, value in edit.items())


def _of_change(entry: Entry, change: Change | None) -> Line:
    tried = f"tried to {TO_DO.get(entry.kind, 'change')}"
    verb = DONE.get(entry.kind, "changed") if entry.outcome in REACHED else tried
    who = entry.actor_email or (SOMEBODY_ELSEWHERE if entry.outcome == Outcome.OBSERVED else "Nobody")
    detail = str(entry.body.get("detail") or "")
    if entry.outcome == Outcome.OBSERVED:
        detail = outcome_messages.changed_by(str(entry.body.get("last_updated_by") or ""))
    if change and entry.outcome == Outcome.UNCONFIRMED == change.outcome:
        # A later look may know more.
        detail = change_detail(change)
    # A change that has no entry yet is being written, or its writer died.
    word = outcome_word(change) if change and entry.outcome == Outcome.STARTED else entry_outcome(entry)
    badge = Badge(outcome_tone(entry.outcome), word)
    # The reason of a cancellation is the reason of the entry, which stands beside it.
    steps = tuple(step for step in entry_steps(entry) if step.field != "deleted_reason" or step.after != entry.reason)
    return Line(who, verb, badge=badge, steps=steps, detail=detail)


def _of_operation(entry: Entry) -> Line:
    if entry.action == Action.OPERATION_ENDED:
        return _of_end(entry)
    who = entry.actor_email or "The dashboard"
    if entry.action == Action.OPERATION_STARTED:
        what = trail_acts.TARGETS.get(str(entry.body.get("scope")), "batches")
        verb = f"started to {TO_DO.get(entry.kind, 'change')}"
        return Line(who, verb, what, Badge(Tone.BLUE, "Started"))
    verb, what, detail = trail_acts.of_operation(entry)
    return Line(who, verb, what, detail=detail)


def _of_end(entry: Entry) -> Line:
    numbers = {name: count for name, count in _object(entry, "numbers").items() if isinstance(count, int)}
    total, applied = sum(numbers.values()), numbers.get("applied", 0)
    who = entry.actor_email or "The dashboard"
    to_do = TO_DO.get(entry.kind, "change")
    if not total:
        return Line(who, f"found nothing to {to_do.removesuffix(' of')}", badge=_end_badge(entry, 0, 0, 0))
    verb = DONE.get(entry.kind, "changed") if applied else f"tried to {to_do}"
    words = {"applied": "applied", "unconfirmed": "not confirmed", "failed": "failed", "skipped": "skipped"}
    told = {**words, "waiting": "not reached"}
    parts = tuple(f"{numbers[name]:,} {word}" for name, word in told.items() if numbers.get(name))
    badge = _end_badge(entry, total, applied, numbers.get("skipped", 0))
    return Line(who, verb, f"{total:,} batch{'' if total == 1 else 'es'}", badge, parts)


def _end_badge(entry: Entry, total: int, applied: int, skipped: int) -> Badge:
    cause = str(entry.body.get("cause") or "")
    if cause:
        return Badge(Tone.YELLOW, {"aborted": "Aborted", "superseded": "Superseded"}.get(cause, "Ended early"))
    if not total:
        return Badge(Tone.GRAY, "Nothing to do")
    if applied + skipped == total:
        return Badge(Tone.GREEN, "Applied" if applied else "Nothing to do")
    return Badge(Tone.YELLOW, "Partly done") if applied else Badge(Tone.RED, "Not done")


def _object(entry: Entry, name: str) -> dict[str, Any]:
    value = entry.body.get(name)
    return value if isinstance(value, dict) else {}
