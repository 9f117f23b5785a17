"""What the trail says about operations."""

from typing import Any

from accounts.models import User
from batches.models import Operation
from trail.models import Action
from trail.services import entry_add
from trail.source import BACKGROUND, Source


def operation_entry(
    action: Action, operation: Operation, *, actor: User | None = None, source: Source = BACKGROUND, **body: Any
) -> None:
    """Add an entry that `actor` did this to an operation, None for nobody, within the caller's transaction.

    `body` holds further facts beside the operation's kind and scope: `by` and `undoes` are the ids of related
    operations, `asked_for_by` is the person it ran for until then.
    """
    entry_add(
        action,
        actor=actor,
        source=source,
        operation_id=operation.pk,
        campaign_id=operation.campaign_id,
        campaign_name=operation.campaign_name,
        body={"kind": operation.kind, "scope": operation.scope, **body},
    )
