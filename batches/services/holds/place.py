"""How a hold begins: together with the pause that it comes from."""

from collections.abc import Collection

from accounts.models import User
from batches.models import HOLDABLE, HeldBatch, Hold, Kind, Operation
from batches.services.holds.audit import hold_entry
from trail.models import Action
from trail.source import Source


def may_be_held(kind: str, scope: str) -> bool:
    """Return whether what such an operation pauses can be kept paused."""
    return kind == Kind.PAUSE and scope in HOLDABLE


def hold_place(
    operation: Operation, batch_ids: Collection[str], *, actor: User, email: str, reason: str, source: Source
) -> Hold:
    """Keep paused what a pause is about, from now on, within the caller's transaction: that which queues the pause.

    `batch_ids` are the batches of a selection.
    """
    assert may_be_held(operation.kind, operation.scope), "the form offers no hold for anything else"
    hold = Hold.objects.create(
        scope=operation.scope,
        campaign_id=operation.campaign_id,
        campaign_name=operation.campaign_name,
        operation=operation,
        reason=reason,
        placed_by=actor,
        placed_by_email=email,
    )
    rows = [HeldBatch(hold=hold, batch_id=batch_id) for batch_id in dict.fromkeys(batch_ids)]
    HeldBatch.objects.bulk_create(rows, batch_size=500)
    hold_entry(
        Action.HOLD_PLACED, hold, actor=actor, source=source, reason=hold.reason, batches=len(rows) if rows else None
    )
    return hold
