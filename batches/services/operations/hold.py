"""Operations and holds: keeping paused what a pause paused, and resumes that a hold refuses as a whole."""

from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from batches import refusal_messages
from batches.models import Hold, Kind, Operation, TargetScope
from batches.services.changes.update import NotAllowed, check_actor
from batches.services.holds.place import hold_place, may_be_held
from batches.services.holds.refuse import hold_of_all, sentence
from batches.services.operations.overlaps import take_turns
from batches.services.operations.permissions import check_operation
from trail.source import BACKGROUND, Source


class Held(NotAllowed):
    """A hold keeps all of the batches paused. The message names it."""


def check_held(operation: Operation, batch_ids: Iterable[str]) -> None:
    """Raise Held for a resume of nothing but held batches, as far as these are known.

    Of others the held ones are skipped, right before each write.
    """
    if operation.kind != Kind.RESUME:
        return
    if hold := hold_of_all(campaign_id=operation.campaign_id, batch_ids=set(batch_ids)):
        raise Held(sentence(hold))


def operation_hold(*, operation: Operation, actor: User, reason: str = "", source: Source = BACKGROUND) -> Hold:
    """Keep paused what a pause has paused, or is pausing, from now on. Returns the hold that does so already, if any.

    Raises NotAllowed.
    """
    email = check_actor(actor)
    if not may_be_held(operation.kind, operation.scope) or operation.hold_id:
        raise NotAllowed(refusal_messages.CANNOT_HOLD)
    check_operation(actor, operation)
    with transaction.atomic():
        take_turns()
        if there := Hold.objects.active().filter(operation=operation).first():
            return there
        batch_ids = (
            list(operation.items.values_list("batch_id", flat=True)) if operation.scope == TargetScope.SELECTION else []
        )
        return hold_place(
            operation, batch_ids, actor=actor, email=email, reason=reason or operation.reason, source=source
        )
