"""How a hold ends: somebody lifts it, and says why. Nothing is resumed by that."""

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from batches import refusal_messages
from batches.access import may_stop_everything, scope_of
from batches.models import Hold, TargetScope
from batches.rules import can_be_seen
from batches.services.changes.update import NotAllowed, check_actor
from batches.services.holds.audit import hold_entry
from trail.models import Action
from trail.source import BACKGROUND, Source


def hold_lift(*, hold: Hold, actor: User, reason: str, source: Source = BACKGROUND) -> bool:
    """Lift a hold; its batches stay as they are. Returns False if somebody has lifted it before. Raises NotAllowed."""
    email = check_lift(actor, hold)
    if not can_be_seen(reason):
        raise NotAllowed(refusal_messages.LIFT_WITHOUT_REASON)
    with transaction.atomic():
        lifted = {"lifted_by": actor, "lifted_by_email": email, "lifted_at": Now(), "lifted_reason": reason}
        if not Hold.objects.active().filter(pk=hold.pk).update(**lifted):
            return False
        hold_entry(Action.HOLD_LIFTED, hold, actor=actor, source=source, reason=reason, placed_by=hold.placed_by_email)
    return True


def check_lift(actor: User, hold: Hold) -> str:
    """Return the email of somebody who may lift this hold. Raises NotAllowed."""
    email = check_actor(actor)
    if not scope_of(actor).covers(hold.campaign_id):
        raise NotAllowed(refusal_messages.OUT_OF_SCOPE)
    if hold.scope == TargetScope.ALL and not may_stop_everything(actor):
        raise NotAllowed(refusal_messages.MAY_NOT_STOP_EVERYTHING)
    return email
