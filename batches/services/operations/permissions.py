"""Who may do what with operations: checked at each act of a person, and again before each write."""

from dataclasses import replace

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from batches import refusal_messages, rules
from batches.access import may_stop_everything, scope_of
from batches.api_client import syllable_client
from batches.models import Cause, Kind, Operation, Sighting, State, Target, TargetScope
from batches.services.changes.update import NotAllowed, check_actor
from batches.services.operations.audit import operation_ended, operation_entry
from batches.services.operations.lease import Lease
from syllable.errors import SyllableError
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import BatchEdit, BatchQuery
from trail.models import Action

# A person who stops something must not wait long for numbers.
COUNT_SECONDS = 3.0


class Uncounted(NotAllowed):
    """A filter may be about all batches, which could not be checked, and the actor may not act on all batches."""


def check_target(actor: User, *, kind: Kind, target: Target, edit: BatchEdit) -> bool:
    """Return whether an operation needs the permission to stop everything; then `actor` has it.

    Raises NotAllowed if they lack it, also for a filter that lets all batches through, which the API is only asked
    about if they lack it; of batches that were fixed at a preview, what the watcher saw tells. Raises NotAllowed too if
    the operation does not keep to a campaign inside the actor's scope.
    """
    needs_stop_everything = _check(actor, target, edit)
    if target.scope == TargetScope.ALL and kind != Kind.PAUSE:
        raise NotAllowed(refusal_messages.ONLY_PAUSE_EVERYTHING)
    return needs_stop_everything


def check_operation(actor: User, operation: Operation, *, edit: BatchEdit | None = None) -> bool:
    """Check the same for an act on an existing operation; `edit` is the edit now, if it differs.

    An undo is about the batches of the operation that it undoes.
    """
    origin = operation
    while origin.undoes:
        origin = origin.undoes
    needs_stop_everything = _check(actor, origin.target, operation.edit if edit is None else edit)
    if origin.scope != TargetScope.SELECTION or not origin.needs_stop_everything:
        return needs_stop_everything
    if not may_stop_everything(actor):
        raise NotAllowed(refusal_messages.FILTER_IS_EVERYTHING)
    return True


def check_abort(actor: User, operation: Operation) -> None:
    """Check the same for an abort.

    Operations that contact people, or may, can be ended even if nothing can be counted.
    """
    try:
        check_operation(actor, operation)
    except Uncounted:
        if operation.is_stopping:
            raise


def _check(actor: User, target: Target, edit: BatchEdit) -> bool:
    if not scope_of(actor).covers(target.campaign_id):
        raise NotAllowed(refusal_messages.OUT_OF_SCOPE)
    if target.scope == TargetScope.CAMPAIGN and target.campaign_id is None:
        raise NotAllowed(refusal_messages.NO_CAMPAIGN)
    if target.view and not target.view.keeps_to_campaign:
        return _check_fixed(actor, target, edit)
    if target.scope not in (TargetScope.ALL, TargetScope.FILTER) or target.campaign_id is not None:
        return False
    if may_stop_everything(actor):
        return True
    if target.scope == TargetScope.ALL:
        raise NotAllowed(refusal_messages.MAY_NOT_STOP_EVERYTHING)
    if _is_everything(target.query, edit):
        raise NotAllowed(refusal_messages.FILTER_IS_EVERYTHING)
    return False


def _check_fixed(actor: User, target: Target, edit: BatchEdit) -> bool:
    """Check batches that a filter of the watcher's rows matched: they are everything if no other could be touched."""
    others = Sighting.objects.filter(gone_at=None, status__in=rules.eligible(edit)).exclude(
        batch_id__in=target.batch_ids
    )
    if not target.batch_ids or others.exists():
        return False
    if not may_stop_everything(actor):
        raise NotAllowed(refusal_messages.FILTER_IS_EVERYTHING)
    return True


def _is_everything(query: BatchQuery, edit: BatchEdit) -> bool:
    """Return whether the filter lets all batches through, of those the edit touches. Raises Uncounted."""
    if query == BatchQuery():
        return True
    deadline = Deadline(min(settings.SYLLABLE_TIMEOUT, COUNT_SECONDS))
    client = syllable_client(Lane.PAGES)

    def count(query: BatchQuery) -> int:
        total = client.list_batches(replace(query, limit=1), deadline=deadline).total_count
        if total is None:
            raise Uncounted(refusal_messages.FILTER_MAY_BE_EVERYTHING)
        return total

    try:
        for status in sorted(rules.eligible(edit) & set(client.contract.abilities.statuses)):
            meant = count(replace(query, status=status)) if query.status in ("", status) else 0
            if count(BatchQuery(status=status)) > meant:
                return False
    except SyllableError as error:
        raise Uncounted(refusal_messages.FILTER_MAY_BE_EVERYTHING) from error
    return True


def authorized(lease: Lease) -> Operation | None:
    """Return the current operation if a worker may still write for it, else None. Called right before each write.

    The operation must be the worker's own, and the person behind it must still have their authority: both are read
    again. If they lost it a pause continues, marked and under the recorded email; anything else ends here. A hold
    outlives the authority of who placed it.
    """
    operation = lease.operation()
    if operation is None or operation.hold_id or operation.unattended_since or _has_authority(operation):
        return operation
    if operation.kind == Kind.PAUSE:
        _mark_unattended(operation)
        return lease.operation()
    with transaction.atomic():
        if lease.end(State.STOPPED, cause=Cause.AUTHORITY):
            operation_entry(Action.OPERATION_ENDED_WITHOUT_AUTHORITY, operation, asked_for_by=operation.actor_email)
            operation_ended(operation.pk)
    return None


def _has_authority(operation: Operation) -> bool:
    actor = operation.actor
    try:
        check_actor(actor)
    except NotAllowed:
        return False
    if actor is None or not scope_of(actor).covers(operation.campaign_id):
        return False
    return not operation.needs_stop_everything or may_stop_everything(actor)


def _mark_unattended(operation: Operation) -> None:
    """Mark the operation once, and not if somebody takes it over at the same moment."""
    unmarked = Operation.objects.filter(pk=operation.pk, actor=operation.actor, unattended_since=None)
    with transaction.atomic():
        if unmarked.update(unattended_since=Now()):
            operation_entry(Action.OPERATION_GOES_ON_WITHOUT_AUTHORITY, operation, asked_for_by=operation.actor_email)
