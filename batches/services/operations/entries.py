"""What the trail says of operations."""

from typing import Any

from accounts.models import User
from batches.models import Operation
from trail.models import Action
from trail.services import entry_add
from trail.source import BACKGROUND, Source


def operation_entry(
    action: Action, operation: Operation, *, actor: User | None = None, source: Source = BACKGROUND, **body: Any
) -> None:
    """Add that `actor` did this to an operation, None where nobody did; part of the caller's transaction.

    `body` is what else is to be known beside the kind and the scope of the operation: `by` and `undoes` are the ids of
    others that it has to do with, `asked_for_by` whom it was carried out for until then.
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
