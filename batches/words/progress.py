"""How pages say how far an operation is and how it ended.

Never more than is confirmed. Batches that still contact people come before those that do not.
"""

from dataclasses import dataclass
from typing import Any

from batches.models import Kind, Operation, Standing, State
from batches.words.operation import Badge, batches, state_badge, verb
from batches.words.tones import ENDS, STANDINGS, Alert, Tone
from syllable.schemas import RUNNING

DOING = {Kind.PAUSE: "Pausing", Kind.RESUME: "Resuming", Kind.CANCEL: "Canceling", Kind.EXPIRY: "Setting the expiry of"}
DID = {
    Kind.PAUSE: "paused",
    Kind.RESUME: "resumed",
    Kind.CANCEL: "canceled",
    Kind.EXPIRY: "given the new expiry",
}
BAR_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the bar, in thousandths of its length."""

    tone: Tone
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Said:
    """What a page says of an operation: the `title` first, then `more`, "" for nothing.

    `kind` is that of an alert, `badge` a word or two. `is_loud` says that batches still contact people although
    somebody wants them stopped.
    """

    title: str
    more: str
    kind: Alert = Alert.INFO
    badge: str = ""
    is_loud: bool = False


def said(progress: Any) -> Said:
    """Return how far an operation is or how it ended (`selectors.operations.Progress`), in plain words."""
    operation = progress.operation
    if operation.state == State.ASKING:
        return Said(f"Needs your confirmation. {progress.left:,} of {batches(progress.total)} left.", "")
    if operation.is_open:
        return _stopping(progress) if operation.is_stopping else _running(progress)
    return Said(_end(progress), _details(progress), _end_kind(progress), _end_word(progress))


def _stopping(progress: Any) -> Said:
    operation, did = progress.operation, DID[Kind(progress.operation.kind)]
    if progress.total and not progress.left:
        title = f"{progress.done:,} {did}. Finding more…" if progress.done else f"Nothing had to be {did} so far."
    elif not progress.done:
        title = f"Nothing {did} yet. Batches keep running."
    elif operation.kind == Kind.PAUSE:
        title = f"{progress.done:,} paused. {progress.left:,} still running."
    else:
        title = f"{progress.done:,} canceled. {progress.left:,} not canceled yet."
    waits = not progress.done or bool(operation.detail) or operation.state == State.WAITING
    to_do = (
        [] if progress.done or not progress.left else [f"{batches(progress.left)} to {verb(operation.kind).lower()}."]
    )
    more = " ".join(filter(None, [*to_do, _details(progress), *_finding(progress)]))
    return Said(title, more, is_loud=waits and bool(progress.left or not progress.total))


def _running(progress: Any) -> Said:
    kind = Kind(progress.operation.kind)
    if not progress.total:
        return Said(_finding(progress)[0], "")
    did = "done" if kind == Kind.EXPIRY else DID[kind]
    title = f"{DOING[kind]} {batches(progress.total)}: {progress.done:,} {did}, {progress.waiting:,} to go."
    return Said(title, _details(progress))


def _finding(progress: Any) -> list[str]:
    if progress.operation.started_at is None:
        return ["Waiting for a worker."]
    if not progress.total:
        return ["Finding batches…"]
    return ["Finding more batches…"] if progress.operation.listed_at is None else []


def _end(progress: Any) -> str:
    operation, kind = progress.operation, Kind(progress.operation.kind)
    if not progress.total:
        return _end_of_nothing(operation)
    not_all = why_not_all(operation)
    if not progress.missing and not not_all:
        if progress.stopped_since:
            return f"{progress.done:,} {DID[kind]}. The others were stopped later."
        words = "Set the expiry of" if kind == Kind.EXPIRY else DID[kind].capitalize()
        return f"{words} {progress.done:,} of {batches(progress.total)}."
    parts = [f"{progress.done:,} {DID[kind]}.", *_missing(progress)]
    if not_all:
        others = "Other batches are probably still running." if operation.is_stopping else "There may be other batches."
        parts += [not_all, others]
    return " ".join(parts)


def why_not_all(operation: Operation) -> str:
    """Return a sentence if an ended operation may have missed some of its batches, else ""."""
    if operation.unlisted:
        return "Not all batches could be listed."
    is_cut_short = operation.state == State.STOPPED and operation.listed_at is None
    return "The operation ended early." if is_cut_short else ""


def _end_of_nothing(operation: Operation) -> str:
    did = DID[Kind(operation.kind)]
    goes_on = " Batches keep running." if operation.is_stopping else ""
    if operation.unlisted:
        return f"Nothing was {did}. The batches could not be listed.{goes_on}"
    if operation.state == State.STOPPED:
        return f"Nothing was {did}. The operation ended early.{goes_on}"
    if operation.is_stopping and operation.undoes_id:
        return "Nothing had been resumed, so there was nothing to pause."
    return "There were no batches to change."


def _missing(progress: Any) -> list[str]:
    """Say what the operation missed, and what that means for the people who are contacted."""
    count = progress.missing
    if not count:
        return []
    match Kind(progress.operation.kind):
        case Kind.PAUSE:
            return [f"{count:,} {'is' if count == 1 else 'are'} probably still running."]
        case Kind.CANCEL:
            return [f"{count:,} {'was' if count == 1 else 'were'} not canceled and may still be running."]
        case Kind.EXPIRY:
            return [f"{count:,} probably {'keeps' if count == 1 else 'keep'} the old expiry."]
    doubtful, paused = progress.unconfirmed, count - progress.unconfirmed
    parts = [f"{doubtful:,} may already be running."] if doubtful else []
    return parts + ([f"{paused:,} {'is' if paused == 1 else 'are'} probably still paused."] if paused else [])


def _details(progress: Any) -> str:
    """Return the batches that are not done, by what became of them."""
    counts = progress.counts
    not_reached = progress.waiting if not progress.operation.is_open else 0
    found = [
        (counts[Standing.FAILED], "failed."),
        (counts[Standing.UNCONFIRMED], "not confirmed."),
        (counts[Standing.NEVER_CONFIRMED], "never confirmed."),
        (not_reached, "not reached."),
        (progress.stopped_since, "paused or canceled later."),
        (progress.skipped, "skipped."),
    ]
    return " ".join(f"{count:,} {words}" for count, words in found if count)


def _end_kind(progress: Any) -> Alert:
    operation = progress.operation
    goes_on = operation.is_stopping and (progress.missing or why_not_all(operation))
    if operation.unlisted or progress.failed or progress.unconfirmed or goes_on:
        return Alert.DANGER if progress.missing or why_not_all(operation) else Alert.WARNING
    if operation.state == State.STOPPED:
        return Alert.DANGER if operation.is_stopping and not progress.total else Alert.WARNING
    return Alert.SUCCESS if progress.done else Alert.INFO


def _end_word(progress: Any) -> str:
    operation = progress.operation
    if operation.state == State.STOPPED:
        return "Aborted" if operation.stopped_by_email else str(State.STOPPED.label)
    if not progress.missing and not operation.unlisted:
        return str(State.FINISHED.label)
    return "Partly done" if progress.done else "Not done"


def end_badge(progress: Any) -> Badge:
    """Return the state of an operation as a badge, which says how it ended once it has."""
    if progress.operation.is_open:
        return state_badge(progress.operation)
    end = said(progress)
    return Badge(ENDS[end.kind], end.badge)


def because(operation: Operation) -> str:
    """Return why an operation waits, or why it ended by itself. A past wait does not matter after the end."""
    ended_by_somebody = operation.stopped_by_id or operation.stopped_by_email
    return operation.detail if operation.is_open or (operation.state == State.STOPPED and not ended_by_somebody) else ""


def parts(progress: Any) -> list[Part]:
    """Return the bar: ended batches by standing, in thousandths of its length; waiting ones are its background."""
    found, start = [], 0.0
    for standing, tone in STANDINGS.items():
        width = BAR_LENGTH * progress.counts[standing] / (progress.total or 1)
        if width:
            found.append(Part(tone, round(start, 2), round(width, 2)))
            start += width
    return found


def stands(standing: Standing, operation: Operation) -> str:
    """Return how a batch of the operation stands, in a word or two: in an ended operation none waits."""
    return "Not reached" if standing == Standing.WAITING and not operation.is_open else str(standing.label)


def numbers(progress: Any) -> list[tuple[Standing, int]]:
    """Return how many batches have which standing: always those done, and any others that exist."""
    return [(some, count) for some in Standing if (count := progress.counts[some]) or some == Standing.DONE]


def percent_done(progress: Any) -> int | None:
    """Return how much is confirmed; None where the total is unknown."""
    operation = progress.operation
    if why_not_all(operation) or (operation.is_open and operation.listed_at is None):
        return None
    return 100 * progress.confirmed // progress.total if progress.total else 0


def duration(seconds: int) -> str:
    """Return `under a minute`, `about 4 minutes`, `about 3 hours`."""
    if seconds < 60:
        return "under a minute"
    if seconds < 90 * 60:
        minutes = round(seconds / 60)
        return f"about {minutes} minute{'' if minutes == 1 else 's'}"
    return f"about {round(seconds / 3600)} hours"


def may_run(row: Any, operation: Operation) -> bool:
    """Return whether a batch may be running although somebody wants it stopped, with nothing working on it.

    `row` is a `selectors.operations.ItemRow`.
    """
    is_well = row.standing in (Standing.DONE, Standing.SKIPPED)
    if is_well or (operation.is_open and row.standing == Standing.WAITING):
        return False
    if operation.is_stopping:
        return not row.status or row.status in RUNNING
    return operation.kind == Kind.RESUME and (row.standing == Standing.UNCONFIRMED or row.status in RUNNING)
