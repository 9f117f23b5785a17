"""Who may do what with operations: asked at each act of a person, and again before each write."""

from dataclasses import replace

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from batches import rules
from batches.access import may_stop_everything, scope_of
from batches.connection import syllable_client
from batches.models import Cause, Kind, Operation, State, Target, TargetScope
from batches.services.changes.start import NotAllowed, check_actor
from batches.services.operations.entries import operation_entry
from batches.services.operations.lease import Lease
from syllable.errors import SyllableError
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import BatchEdit, BatchQuery
from trail.models import Action

# Who stops something must not wait long for numbers.
COUNT_SECONDS = 3.0
OUTSIDE = "You may act on the batches of some campaigns only, and this is not about one of them."
NO_CAMPAIGN = "No campaign is named: nothing is started for every batch there is."
ALL_REFUSED = "Your role does not allow you to stop everything. Ask an administrator."
EVERYTHING_REFUSED = (
    "This filter matches every batch there is to act on, and your role does not allow you to act on every batch at "
    "once. Choose a campaign or select batches."
)
CANNOT_COUNT = (
    "Your role does not allow you to act on every batch at once, and it cannot be counted now whether this filter "
    "matches every batch. Pause a campaign or select batches instead, or try again when Syllable answers."
)


class Uncounted(NotAllowed):
    """Whether a filter is about every batch there is cannot be told, and the actor may not act on every batch."""


def check_target(actor: User, *, kind: Kind, target: Target, edit: BatchEdit) -> bool:
    """Whether an operation takes the permission to stop everything; then `actor` has it.

    Raises NotAllowed where they have not, for a filter as well that is about every batch there is. The API is asked
    for that, and only where they have not. Also where it does not keep to a campaign inside the actor's scope.
    """
    needs_stop_everything = _check(actor, target, edit)
    if target.scope == TargetScope.ALL and kind != Kind.PAUSE:
        raise NotAllowed("Everything can be paused at once, and nothing else.")
    return needs_stop_everything


def check_operation(actor: User, operation: Operation, *, edit: BatchEdit | None = None) -> bool:
    """The same for what is done about an operation that is there; `edit` is what is wanted now, if not the same.

    Taking back an operation is about the batches that the operation was about.
    """
    origin = operation
    while origin.undoes:
        origin = origin.undoes
    return _check(actor, origin.target, operation.edit if edit is None else edit)


def check_abort(actor: User, operation: Operation) -> None:
    """The same for ending an operation. What calls people, or may, is ended even where nothing can be counted."""
    try:
        check_operation(actor, operation)
    except Uncounted:
        if operation.is_stopping:
            raise


def _check(actor: User, target: Target, edit: BatchEdit) -> bool:
    if not scope_of(actor).covers(target.campaign_id):
        raise NotAllowed(OUTSIDE)
    if target.scope == TargetScope.CAMPAIGN and target.campaign_id is None:
        raise NotAllowed(NO_CAMPAIGN)
    if target.scope not in (TargetScope.ALL, TargetScope.FILTER) or target.campaign_id is not None:
        return False
    if may_stop_everything(actor):
        return True
    if target.scope == TargetScope.ALL:
        raise NotAllowed(ALL_REFUSED)
    if _is_everything(target.query, edit):
        raise NotAllowed(EVERYTHING_REFUSED)
    return False


def _is_everything(query: BatchQuery, edit: BatchEdit) -> bool:
    """Whether an operation touches as many batches with this filter as it would without. Raises Uncounted."""
    if query == BatchQuery():
        return True
    deadline = Deadline(min(settings.SYLLABLE_TIMEOUT, COUNT_SECONDS))
    client = syllable_client(Lane.PAGES)

    def count(query: BatchQuery) -> int:
        total = client.list_batches(replace(query, limit=1), deadline=deadline).total_count
        if total is None:
            raise Uncounted(CANNOT_COUNT)
        return total

    try:
        for status in sorted(rules.eligible(edit) & set(client.contract.abilities.statuses)):
            meant = count(replace(query, status=status)) if query.status in ("", status) else 0
            if count(BatchQuery(status=status)) > meant:
                return False
    except SyllableError as error:
        raise Uncounted(CANNOT_COUNT) from error
    return True


def authorized(lease: Lease) -> Operation | None:
    """The operation as it is now where a worker may still write for it, else None: to be asked right before each write.

    It must be the worker's own, and the person behind it must still be allowed to do this: both are read anew. Where
    they are not allowed any more a pause goes on, marked and under the recorded email; anything else ends here.
    """
    operation = lease.operation()
    if operation is None or operation.unattended_since or _has_authority(operation):
        return operation
    if operation.kind == Kind.PAUSE:
        _mark_unattended(operation)
        return lease.operation()
    with transaction.atomic():
        if lease.end(State.STOPPED, cause=Cause.AUTHORITY):
            operation_entry(Action.OPERATION_ENDED_WITHOUT_AUTHORITY, operation, asked_for_by=operation.actor_email)
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
    """Once, and not where somebody takes it over at the same moment."""
    unmarked = Operation.objects.filter(pk=operation.pk, actor=operation.actor, unattended_since=None)
    with transaction.atomic():
        if unmarked.update(unattended_since=Now()):
            operation_entry(Action.OPERATION_GOES_ON_WITHOUT_AUTHORITY, operation, asked_for_by=operation.actor_email)
