"""What the trail says about changes."""

from dataclasses import dataclass
from typing import Any

from accounts.models import User
from batches import rules
from batches.models import Change, Operation, Origin
from batches.models.fields import storable
from trail.models import Action
from trail.services import entry_add
from trail.source import Source


@dataclass(frozen=True, slots=True)
class Author:
    """The person for whom a change or an operation was made, by what its row says; `pk` is None once deleted."""

    pk: int | None
    email: str

    @classmethod
    def of(cls, made: Change | Operation) -> "Author":
        return cls(made.actor_id, made.actor_email)


def change_ended(change: Change) -> None:
    """Add the entry of a change that has just ended, whatever its outcome, within the caller's transaction.

    The transaction is the one that finishes the row: either both are kept, or the row stays started and a later look
    settles it, with its entry.
    """
    _entry(Action.CHANGE_ENDED, change)


def change_settled(change: Change) -> None:
    """Add the entry of a later look that settled what a change had left open, within the caller's transaction."""
    _entry(Action.CHANGE_SETTLED, change)


def change_reason_added(change: Change, *, actor: User, source: Source) -> None:
    """Add the entry of a reason that `actor` gave later, within the caller's transaction."""
    entry_add(
        Action.CHANGE_REASON_ADDED,
        actor=actor,
        source=source,
        reason=storable(change.reason),
        body={"made_by": change.actor_email},
        **_about(change),
    )


def _entry(action: Action, change: Change) -> None:
    """Add an entry whose actor, address and request are those of the change, whoever looked."""
    entry_add(
        action,
        actor=Author.of(change),
        source=Source(change.address or "", change.web_request_id),
        outcome=change.outcome,
        origin=change.origin,
        reason=storable(change.reason),
        body=storable(_body(change)),
        **_about(change),
    )


def _about(change: Change) -> dict[str, Any]:
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


def _body(change: Change) -> dict[str, Any]:
    """Return what has no column: see docs/architecture.md."""
    before, seen = change.batch_before, change.batch_seen
    return {
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
