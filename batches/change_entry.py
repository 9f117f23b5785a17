"""What an entry of the trail says of a change."""

from typing import Any

from batches import rules
from batches.models import Change, Origin, Outcome
from batches.models.fields import storable
from trail.models import Action, Entry


def change_fields(change: Change) -> dict[str, Any]:
    """Return what the change is about: the batch, its campaign, the operation, what the edit does."""
    operation = change.operation
    return {
        "batch_id": change.batch_id,
        "campaign_id": change.campaign_id,
        "campaign_name": storable(change.campaign_name),
        "operation_id": change.operation_id,
        "change_id": change.pk,
        "kind": change.edit.kind or "",
        "is_undo": change.origin == Origin.UNDO or bool(operation and operation.undoes_id),
    }


def end_fields(change: Change) -> dict[str, Any]:
    """Return how the change ended, or stands."""
    return {
        "outcome": change.outcome,
        "origin": change.origin,
        "reason": storable(change.reason),
        "body": storable(_body(change)),
    }


def as_entry(change: Change) -> Entry:
    """Return what an entry would say if the change ended as it stands now, not stored. Its moment is the start."""
    return Entry(
        at=change.started_at,
        action=Action.CHANGE_ENDED,
        actor_id=change.actor_id,
        actor_email=change.actor_email,
        address=change.address,
        request_id=change.web_request_id,
        **end_fields(change),
        **change_fields(change),
    )


def _body(change: Change) -> dict[str, Any]:
    """Return what has no column: see docs/architecture.md."""
    before, seen = change.batch_before, change.batch_seen
    elsewhere = {"last_updated_by": change.last_updated_by} if change.outcome == Outcome.OBSERVED else {}
    return {
        **elsewhere,
        "edit": change.edit.fields(),
        "before": rules.snapshot(before) if before else change.loaded or {},
        "after": {name: value for name, value in (change.after or {}).items() if name in rules.EDITABLE},
        "seen": rules.snapshot(seen) if seen else {},
        "started_at": change.started_at.isoformat(timespec="milliseconds"),
        "detail": change.detail,
        "is_settled": change.is_settled,
        "undoes": change.undoes_id,
        "steps": change.steps,
        "syllable_request_id": change.request_id,
    }
