"""How pages speak of an operation: what it is, which batches it is about, and what it would do to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batches.models import Kind, Operation, State, Target, TargetScope
from batches.words.change import shown
from batches.words.tones import OPERATION_STATES, Tone
from common.untrusted import visible, visible_id

VERBS = {Kind.PAUSE: "Pause", Kind.RESUME: "Resume", Kind.CANCEL: "Cancel", Kind.EXPIRY: "Set the expiry of"}
# Why an operation skips a batch of this status.
SKIPPED = {
    (Kind.PAUSE, "PAUSED"): "already paused",
    (Kind.CANCEL, "CANCELED"): "already canceled",
    (Kind.RESUME, "ACTIVE"): "already active",
    (Kind.RESUME, "IDLE"): "already active (idle)",
    (Kind.RESUME, "PENDING"): "still pending",
}
WORDS = {"PENDING": "pending", "ACTIVE": "active", "PAUSED": "paused", "IDLE": "idle", "CANCELED": "canceled"} | {
    "EXPIRED": "expired",
    "FAILED": "failed",
}
# How a campaign of this mode reaches people, and what they are afterwards; for any other mode: NO_MODE.
REACHES = {"voice": ("calls", "called"), "sms": ("texts", "texted"), "email": ("emails", "emailed")}
NO_MODE = ("contacts", "contacted")


@dataclass(frozen=True, slots=True)
class Badge:
    """A word or two, and their tone."""

    tone: Tone
    word: str


def batches(count: int) -> str:
    """Return `1 batch`, `1,200 batches`."""
    return f"{count:,} batch{'' if count == 1 else 'es'}"


def verb(kind: str) -> str:
    """Return what an operation does as an order: `Pause`."""
    return VERBS[Kind(kind)]


def whose(target: Target) -> str:
    """Return which batches are meant, in words."""
    query = target.query
    # The words for a campaign whose name is unknown.
    name = "" if target.campaign_name == f"Campaign {query.campaign_id}" else visible(target.campaign_name)
    status, q, campaign = visible(query.status), visible_id(query.batch_id), visible_id(query.campaign_id)
    match target.scope:
        case TargetScope.CAMPAIGN:
            return f"campaign {name or campaign}"
        case TargetScope.SELECTION:
            return batches(len(target.batch_ids)) if target.batch_ids else "selected batches"
        case TargetScope.ALL:
            return "everything active"
    parts = [status and f"are {status}", campaign and f"belong to campaign {name or campaign}", q and f"match “{q}”"]
    return f"all batches that {' and '.join(filter(None, parts))}" if any(parts) else "all batches"


def named(operation: Operation) -> str:
    """Return what an operation is: `Pause campaign Flu shots`."""
    if operation.undoes_id:
        return f"Undo operation {operation.undoes_id} ({verb(operation.kind).lower()} batches)"
    if operation.scope == TargetScope.ALL:
        return "Stop everything"
    return f"{verb(operation.kind)} {whose(operation.target)}"


def wanted_expiry(operation: Operation) -> str:
    """Return the expiry that an operation sets, "" where it sets none."""
    expires_on = operation.edit.fields().get("expires_on")
    return shown(expires_on, "expires_on") if expires_on else ""


def reasons(skipped: Mapping[str, int], kind: str) -> list[tuple[int, str]]:
    """Return what an operation skips and why, the most frequent first."""
    found = [
        (count, visible(SKIPPED.get((Kind(kind), status), WORDS.get(status, status))))
        for status, count in skipped.items()
    ]
    return sorted(found, key=lambda line: -line[0])


def state_badge(operation: Operation) -> Badge:
    """Return the state of an operation. While it runs it can only wait for an answer of Syllable's."""
    if operation.state in (State.WAITING, State.RUNNING) and operation.detail:
        return Badge(Tone.ORANGE, "Waiting for Syllable")
    return Badge(OPERATION_STATES.get(operation.state, Tone.GRAY), operation.get_state_display())


def reaches(mode: str) -> str:
    """Return what a campaign of this `mode` does to people: `calls`."""
    return REACHES.get(mode, NO_MODE)[0]


def reach_people(mode: str) -> str:
    """Return the same as an order: `call people`."""
    return f"{reaches(mode).removesuffix('s')} people"


def still_to_reach(found: Any) -> str:
    """Return how many people a resume is about to reach (`selectors.preview.Preview`), as a sentence.

    A number that may be too low is never given without saying so.
    """
    _, reached = REACHES.get(found.mode, NO_MODE)
    people = found.starts.people if found.starts else None
    if people is None or (not people.is_complete and not people.counted):
        return f"The number of people still to be {reached} is not known."
    if not people.is_complete:
        return f"At least {_people(people.counted)} still to be {reached}. Not all batches could be counted."
    if people.is_nobody:
        return f"Nobody in these batches is still to be {reached}."
    if people.at_most:
        return f"Up to {_people(people.most)} still to be {reached}."
    return f"{_people(people.counted)} still to be {reached}."


def _people(count: int) -> str:
    return "1 person is" if count == 1 else f"{count:,} people are"
