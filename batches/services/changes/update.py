"""Every write of a batch starts here and takes the one road.

A change is recorded before anything is sent, believed only when the batch is read back, and never repeated blindly.
Writers outside the dashboard can still slip between our read and our write: the API offers no way to exclude that.
"""

import time
import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import User
from batches import outcome_messages, refusal_messages, rules
from batches.access import EDIT, Scope, scope_behind, scope_of
from batches.api_client import syllable_client
from batches.models import Change, Operation, Origin, Outcome
from batches.services.changes.audit import change_ended
from batches.services.changes.guard import Guard
from batches.services.changes.reconcile import change_settle
from batches.services.changes.write import Result, Road, time_to_land
from batches.services.holds.refuse import unless_held
from common.clock import from_now
from syllable.resilience.bulkhead import Lane
from syllable.schemas import BatchEdit, BatchStatus
from trail.source import BACKGROUND, Source

LOCK_WAIT_SECONDS = 3.0
# How long a short try waits for another writer: as long as most writes take.
BRIEF_LOCK_WAIT_SECONDS = 0.5
LOCK_POLL_SECONDS = 0.1


class NotAllowed(Exception):
    """The actor may not write. The message is a sentence for them."""


class ReasonMissing(NotAllowed):
    """The installation demands a reason for such a change, and none was given. The message is a sentence."""


def batch_update(
    *,
    batch_id: str,
    edit: BatchEdit,
    actor: User | None,
    origin: Origin,
    loaded: Mapping[str, Any] | None = None,
    undoes: Change | None = None,
    operation: Operation | None = None,
    guard: Guard | None = None,
    brief: float | None = None,
    reason: str = "",
    source: Source = BACKGROUND,
) -> Result:
    """Apply `edit` to a batch and return the outcome; takes at most `road_seconds` plus the wait for another writer.

    `loaded` is what the operator was looking at (`rules.snapshot`, or a part of it): if the batch now shows something
    else, nothing is written (CONFLICT). Without `loaded` the fresh read and the rules decide, and `guard`, which is
    called right before each write. `brief` makes a short try, with so many seconds per call. Every failure of the API
    is an outcome, not an exception. Raises NotAllowed and ReasonMissing before anything is recorded; but within an
    `operation` the guard checks the authority of its actor, and the operation's own email and reason are used.
    """
    change = Change(
        batch_id=batch_id,
        actor=actor,
        origin=origin,
        request_id=uuid.uuid4().hex,
        edit=edit,
        loaded=dict(loaded) if loaded is not None else None,
        undoes=undoes,
        operation=operation,
        **_asked_by(actor, edit, origin, operation, reason=reason, source=source),
    )
    change = _start(change, is_brief=brief is not None)
    if change.outcome != Outcome.STARTED:
        return Result(change, is_locked=True)
    scope = scope_behind(operation) if operation else scope_of(actor)
    return _road(change, edit, scope, guard=guard, brief=brief).walk()


def batch_edit(
    *,
    batch_id: str,
    edit: BatchEdit,
    actor: User,
    loaded: Mapping[str, Any],
    reason: str = "",
    source: Source = BACKGROUND,
) -> Result:
    """Apply an edit from a form loaded with `loaded`; see `batch_update`."""
    return batch_update(
        batch_id=batch_id, edit=edit, actor=actor, origin=Origin.FORM, loaded=loaded, reason=reason, source=source
    )


def batch_pause(*, batch_id: str, actor: User, reason: str = "", source: Source = BACKGROUND) -> Result:
    """Pause a batch at once, whatever it shows now; see `batch_update`."""
    edit = BatchEdit(status=BatchStatus.PAUSED)
    return batch_update(batch_id=batch_id, edit=edit, actor=actor, origin=Origin.CLICK, reason=reason, source=source)


def batch_resume(*, batch_id: str, actor: User, reason: str = "", source: Source = BACKGROUND) -> Result:
    """Resume a paused batch: as PENDING if our newest change paused it from there, else as ACTIVE.

    A batch that is no longer paused is a CONFLICT: a resume must not start one that is pending or has expired.
    """
    return batch_update(
        batch_id=batch_id,
        edit=BatchEdit(status=rules.resumed_status(Change.objects.paused_from(batch_id))),
        actor=actor,
        origin=Origin.CLICK,
        loaded={"status": BatchStatus.PAUSED.value},
        reason=reason,
        source=source,
    )


def check_reason(kinds: Collection[str], reason: str, *, is_undo: bool = False) -> None:
    """Raise ReasonMissing where the installation demands a reason for edits of these kinds, and `reason` shows none."""
    for problem in rules.missing_reason(kinds, reason, required=settings.REASON_REQUIRED, is_undo=is_undo):
        raise ReasonMissing(problem.message)


def check_actor(actor: User | None) -> str:
    """Return the email under which `actor` writes batches. Raises NotAllowed, with a sentence for them."""
    if actor is None or not actor.is_active or not actor.has_perm(EDIT):
        raise NotAllowed(refusal_messages.MAY_NOT_EDIT)
    if not actor.email:
        raise NotAllowed(refusal_messages.NO_EMAIL)
    return actor.email


def _asked_by(
    actor: User | None, edit: BatchEdit, origin: Origin, operation: Operation | None, *, reason: str, source: Source
) -> dict[str, Any]:
    """Return the fields about who asked for a change, from where and why. Raises NotAllowed and ReasonMissing."""
    if operation:
        email, reason, campaign_name = operation.actor_email, operation.reason, operation.campaign_name
    else:
        email, campaign_name = check_actor(actor), ""
        check_reason(edit.kinds, reason, is_undo=origin == Origin.UNDO)
    return {
        "actor_email": email,
        "reason": edit.deleted_reason or reason,
        "campaign_name": campaign_name,
        "address": source.address or None,
        "web_request_id": source.request_id,
    }


def _road(change: Change, edit: BatchEdit, scope: Scope, *, guard: Guard | None, brief: float | None) -> Road:
    client = syllable_client(Lane.OPERATIONS if change.operation_id else Lane.WRITES)
    # Only a return to PENDING depends on where the batch was paused.
    paused_from = Change.objects.paused_from(change.batch_id) if edit.status == BatchStatus.PENDING else None
    return Road(change, edit, client, scope, paused_from=paused_from, guard=unless_held(edit, guard), brief=brief)


def _start(change: Change, *, is_brief: bool) -> Change:
    """Record the change as STARTED, after waiting for any other change of the same batch.

    The wait is brief, since somebody waits for the answer; within an operation it lasts as long as the other change can
    take, unless this is a short try. If the other change does not end in time, this one is recorded as NOT_SENT with
    the name of the other's actor.
    """
    change.deadline_at = from_now(time_to_land())
    longest = time_to_land().total_seconds() if change.operation else 0
    give_up_at = time.monotonic() + (BRIEF_LOCK_WAIT_SECONDS if is_brief else LOCK_WAIT_SECONDS + longest)
    while True:
        try:
            return _insert(change)
        except IntegrityError:
            change.pk = None
            if change.actor_id and not User.objects.filter(pk=change.actor_id).exists():
                # The actor was deleted since they were read: the email says who they were.
                change.actor = None
        holder = Change.objects.filter(batch_id=change.batch_id, outcome=Outcome.STARTED).first()
        if holder is not None and holder.is_over():
            change_settle(holder)
        elif time.monotonic() >= give_up_at:
            change.outcome = Outcome.NOT_SENT
            change.settled_at = Now()
            change.detail = outcome_messages.another_writer(holder.actor_email if holder is not None else "")
            return _insert(change)
        else:
            time.sleep(LOCK_POLL_SECONDS)


def _insert(change: Change) -> Change:
    """Insert durably: the row must outlive any crash, so no caller may hold it in a transaction of its own."""
    with transaction.atomic(durable=True):
        change.save(force_insert=True)
        if change.outcome != Outcome.STARTED:
            change_ended(change)
    # The database computed these moments, and returns them to whoever needs them.
    del change.deadline_at, change.settled_at
    return change
