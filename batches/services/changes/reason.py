"""Adding the reason to a change after it was made."""

from django.db import transaction

from accounts.models import User
from batches import refusal_messages, rules
from batches.models import Change
from batches.services.changes.audit import change_reason_added
from batches.services.changes.update import NotAllowed, ReasonMissing
from trail.source import BACKGROUND, Source


def may_add_reason(actor: User, change: Change) -> bool:
    """Return whether `actor` may say why the change was made: whoever made it, and nobody else."""
    return actor.pk == change.actor_id


def change_reason_add(*, change: Change, actor: User, reason: str, source: Source = BACKGROUND) -> bool:
    """Add the reason to a change that has none, with an entry in the trail; return False if it has one already.

    Raises NotAllowed, and ReasonMissing for a reason that shows nothing.
    """
    if not may_add_reason(actor, change):
        raise NotAllowed(refusal_messages.NOT_YOUR_CHANGE)
    if not rules.can_be_seen(reason):
        raise ReasonMissing(refusal_messages.NO_REASON)
    with transaction.atomic():
        if not Change.objects.filter(pk=change.pk, reason="").update(reason=reason):
            return False
        change.reason = reason
        change_reason_added(change, actor=actor, source=source)
    return True
