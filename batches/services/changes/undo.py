"""Undoing a change that its batch has shown, as a change of its own."""

from dataclasses import replace

from accounts.models import User
from batches import refusal_messages
from batches.models import TAKEN, Change, Operation, Origin
from batches.services.changes.guard import Guard
from batches.services.changes.update import NotAllowed, batch_update
from batches.services.changes.write import Result
from syllable.schemas import KEEP, BatchEdit, BatchStatus
from trail.source import BACKGROUND, Source


def undo_edit(change: Change) -> BatchEdit:
    """Return the edit that undoes `change`: each edited field as it was before. Empty where that is impossible.

    A batch that was idle becomes ACTIVE; one that was canceled, or had expired before the change, cannot come back.
    """
    before, edited = change.batch_before, change.edit
    if change.outcome not in TAKEN or before is None or edited.status == BatchStatus.CANCELED:
        return BatchEdit()
    undone = BatchEdit(
        expires_on=KEEP if edited.expires_on is KEEP else before.expires_on,
        call_rate=KEEP if edited.call_rate is KEEP or isinstance(before.call_rate, str) else before.call_rate,
        auto_call_rate=None if edited.auto_call_rate is None else before.auto_call_rate is True,
    )
    if edited.status is None:
        return undone
    if before.status == BatchStatus.IDLE:
        return replace(undone, status=BatchStatus.ACTIVE)
    if before.status in (BatchStatus.PENDING, BatchStatus.ACTIVE, BatchStatus.PAUSED):
        return replace(undone, status=BatchStatus(before.status))
    return BatchEdit()


def change_undo(
    *,
    change: Change,
    actor: User | None,
    origin: Origin = Origin.UNDO,
    operation: Operation | None = None,
    guard: Guard | None = None,
    reason: str = "",
    source: Source = BACKGROUND,
) -> Result:
    """Undo a change that was applied, or made elsewhere, as a change of its own.

    Raises ReasonMissing, and NotAllowed, also where no undo is possible.
    A field that no longer shows what `change` set is a CONFLICT. The exception is a status that moves by itself
    (ACTIVE): there the fresh read and the rules decide.
    """
    edit = undo_edit(change)
    if not edit:
        raise NotAllowed(refusal_messages.CANNOT_UNDO_CHANGE)
    set_by_change = {name: value for name, value in change.edit.fields().items() if value != BatchStatus.ACTIVE}
    return batch_update(
        batch_id=change.batch_id,
        edit=edit,
        actor=actor,
        origin=origin,
        loaded=set_by_change,
        undoes=change,
        operation=operation,
        guard=guard,
        reason=reason,
        source=source,
    )
