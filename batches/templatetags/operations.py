"""How pages speak of an operation: what it is, how far it is, and how it ended. Never more than is confirmed."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from batches.models import ItemState, Kind, Operation, Scope, State, Target
from batches.templatetags.changes import shown
from dashboard.markup import fill

register = template.Library()

# What is asked for, what is going on, what was done.
VERBS = {
    Kind.PAUSE: ("Pause", "Pausing", "Paused"),
    Kind.RESUME: ("Resume", "Resuming", "Resumed"),
    Kind.CANCEL: ("Cancel", "Canceling", "Canceled"),
    Kind.EXPIRY: ("Set the expiry of", "Setting the expiry of", "Set the expiry of"),
}
# Why a batch of this status is left alone.
LEFT_ALONE = {
    (Kind.PAUSE, "PAUSED"): "already paused",
    (Kind.CANCEL, "CANCELED"): "already canceled",
    (Kind.RESUME, "ACTIVE"): "already active",
    (Kind.RESUME, "IDLE"): "already active, and idle",
    (Kind.RESUME, "PENDING"): "still pending",
}
WORDS = {"PENDING": "pending", "ACTIVE": "active", "PAUSED": "paused", "IDLE": "idle", "CANCELED": "canceled"} | {
    "EXPIRED": "expired",
    "FAILED": "failed",
}
STATE_COLOURS = {
    State.WAITING: "blue",
    State.RUNNING: "blue",
    State.ASKING: "orange",
}
END_COLOURS = {"success": "green", "danger": "red", "warning": "yellow", "info": "gray"}
ITEM_COLOURS = {
    ItemState.DONE: "green",
    ItemState.SKIPPED: "gray",
    ItemState.UNCONFIRMED: "orange",
    ItemState.FAILED: "red",
}
BADGE = '<span class="app-badge app-badge-{colour}">{word}</span>'
BAR_LENGTH = 1000


@register.filter
def batches(count: int) -> str:
    """`1 batch`, `1,200 batches`."""
    return f"{count:,} batch{'' if count == 1 else 'es'}"


@register.filter
def verb(kind: str) -> str:
    """What an operation is asked to do: `Pause`."""
    return VERBS[Kind(kind)][0]


@register.filter
def whose(target: Target | Operation) -> str:
    """Which batches are meant, in words."""
    if isinstance(target, Operation):
        query = target.query
        name, status, q = target.campaign_name, query.status, query.batch_id
        campaign = query.campaign_id
    else:
        name, status, q = target.campaign_name, target.status, target.q
        campaign = "" if target.campaign_id is None else str(target.campaign_id)
    # What a campaign is called whose name is not known.
    name = "" if name == f"Campaign {campaign}" else name
    match Scope(target.scope):
        case Scope.CAMPAIGN:
            return f"campaign {name or campaign}"
        case Scope.SELECTION:
            return f"{batches(len(target.batch_ids))}" if isinstance(target, Target) else "selected batches"
        case Scope.ALL:
            return "everything active"
    parts = [status and f"are {status}", campaign and f"belong to campaign {name or campaign}", q and f"match “{q}”"]
    return f"all batches that {' and '.join(filter(None, parts))}" if any(parts) else "all batches"


@register.filter
def named(operation: Operation) -> str:
    """What an operation is: `Pause campaign Flu shots`."""
    if operation.undoes_id:
        return f"Undo operation {operation.undoes_id}: {verb(operation.kind).lower()} its batches"
    if operation.scope == Scope.ALL:
        return "Stop everything"
    return f"{verb(operation.kind)} {whose(operation)}"


@register.filter
def wanted_expiry(operation: Operation) -> str:
    """The expiry that an operation sets, "" where it sets none."""
    expires_on = operation.wish.get("expires_on")
    return shown(expires_on, "expires_on") if expires_on else ""


@register.filter
def reasons(left_alone: Mapping[str, int], kind: str) -> list[tuple[int, str]]:
    """What an operation leaves alone and why, most first."""
    found = [
        (count, LEFT_ALONE.get((Kind(kind), status), WORDS.get(status, status))) for status, count in left_alone.items()
    ]
    return sorted(found, key=lambda line: -line[0])


@register.filter
def sentence(progress: Any) -> str:
    """How far an operation is or how it ended (`selectors.operations.Progress`), in one line of plain words."""
    operation = progress.operation
    _, doing, did = VERBS[Kind(operation.kind)]
    if operation.is_open:
        if operation.state == State.ASKING:
            return f"Waiting for your word: {progress.waiting:,} of {batches(progress.total)} left."
        if not progress.total:
            return "Looking for its batches." if operation.started_at else "Waiting for a worker."
        return f"{doing} {batches(progress.total)}: {progress.ended:,} done with, {progress.waiting:,} to go."
    if not progress.total:
        if operation.state == State.STOPPED:
            return "Stopped before any batch was found. Nothing was changed."
        return "No batch was found that it could change."
    parts = [f"{did} {progress.done:,} of {batches(progress.total)}."]
    failed, unconfirmed = progress.counts[ItemState.FAILED], progress.counts[ItemState.UNCONFIRMED]
    skipped = progress.counts[ItemState.SKIPPED]
    parts += [f"{failed:,} failed."] if failed else []
    parts += [f"{unconfirmed:,} not confirmed."] if unconfirmed else []
    parts += [f"{skipped:,} left as {'it is' if skipped == 1 else 'they are'}."] if skipped else []
    parts += [f"{progress.waiting:,} not reached."] if progress.waiting else []
    return " ".join(parts)


@register.filter
def end_kind(progress: Any) -> str:
    """How good or bad the end of an operation is: the kind of an alert."""
    operation = progress.operation
    if progress.counts[ItemState.FAILED] or progress.counts[ItemState.UNCONFIRMED] or operation.unlisted:
        return "danger"
    if operation.state == State.STOPPED or progress.waiting:
        return "warning"
    return "success" if progress.done else "info"


@register.filter
def state_badge(operation: Operation) -> SafeString:
    """The state of an operation."""
    colour = STATE_COLOURS.get(State(operation.state), "gray")
    return fill(BADGE, colour=colour, word=operation.get_state_display())


@register.filter
def end_badge(progress: Any) -> SafeString:
    """The state of an operation, coloured by how it ended once it is over."""
    operation = progress.operation
    if operation.is_open:
        return state_badge(operation)
    return fill(BADGE, colour=END_COLOURS[end_kind(progress)], word=operation.get_state_display())


@register.filter
def item_badge(state: str) -> SafeString:
    """The state of one batch of an operation."""
    return fill(BADGE, colour=ITEM_COLOURS.get(ItemState(state), "blue"), word=ItemState(state).label)


@register.filter
def item_label(state: str) -> str:
    """What pages call a state of a batch of an operation."""
    return str(ItemState(state).label)


@register.filter
def parts(progress: Any) -> list[dict[str, Any]]:
    """The bar: what is done with, by state, in thousandths of its length; what waits is its background."""
    found, start = [], 0.0
    for state, colour in ITEM_COLOURS.items():
        width = BAR_LENGTH * progress.counts[state] / (progress.total or 1)
        if width:
            found.append({"colour": colour, "start": round(start, 2), "width": round(width, 2)})
            start += width
    return found


@register.filter
def percent(progress: Any) -> int:
    """How much is done with; 100 only when all of it is."""
    return 100 * progress.ended // progress.total if progress.total else 0


@register.filter
def duration(seconds: int) -> str:
    """`under a minute`, `about 4 minutes`, `about 3 hours`."""
    if seconds < 60:
        return "under a minute"
    if seconds < 90 * 60:
        minutes = round(seconds / 60)
        return f"about {minutes} minute{'' if minutes == 1 else 's'}"
    return f"about {round(seconds / 3600)} hours"
