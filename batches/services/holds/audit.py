"""What the trail says about holds."""

from typing import Any

from accounts.models import User
from batches.models import Hold
from batches.models.fields import storable
from trail.models import Action
from trail.services import entry_add
from trail.source import BACKGROUND, Source


def hold_entry(
    action: Action, hold: Hold, *, actor: User | None = None, source: Source = BACKGROUND, reason: str = "", **body: Any
) -> None:
    """Add an entry that `actor` did this to a hold, None for nobody, within the caller's transaction.

    The entry stands with those of the operation that the hold came from.
    """
    entry_add(
        action,
        actor=actor,
        source=source,
        operation_id=hold.operation_id,
        campaign_id=hold.campaign_id,
        campaign_name=hold.campaign_name,
        reason=storable(reason),
        body={"hold": hold.pk, "scope": hold.scope, **body},
    )
