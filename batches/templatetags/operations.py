"""How pages speak of an operation: what it is, which batches it is about, and what it would do to them."""

from collections.abc import Mapping

from django import template
from django.utils.safestring import SafeString

from batches.models import Kind, Operation, Scope, State, Target
from batches.templatetags.changes import shown
from dashboard.markup import fill

register = template.Library()

VERBS = {Kind.PAUSE: "Pause", Kind.RESUME: "Resume", Kind.CANCEL: "Cancel", Kind.EXPIRY: "Set the expiry of"}
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
BADGE = '<span class="app-badge app-badge-{colour}">{word}</span>'


@register.filter
def batches(count: int) -> str:
    """`1 batch`, `1,200 batches`."""
    return f"{count:,} batch{'' if count == 1 else 'es'}"


@register.filter
def verb(kind: str) -> str:
    """What an operation is asked to do: `Pause`."""
    return VERBS[Kind(kind)]


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
def state_badge(operation: Operation) -> SafeString:
    """The state of an operation."""
    colour = STATE_COLOURS.get(State(operation.state), "gray")
    return fill(BADGE, colour=colour, word=operation.get_state_display())
