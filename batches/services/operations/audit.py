"""What the trail says about operations."""

from typing import Any

from django.db.models import Count, Q

from accounts.models import User
from batches.models import ItemState, Operation, Outcome
from batches.models.fields import storable
from batches.services.changes.audit import Author
from trail.models import Action
from trail.services import entry_add
from trail.source import BACKGROUND, Source


def operation_entry(
    action: Action,
    operation: Operation,
    *,
    actor: User | Author | None = None,
    source: Source = BACKGROUND,
    reason: str = "",
    **body: Any,
) -> None:
    """Add an entry that `actor` did this to an operation, None for nobody, within the caller's transaction.

    `reason` is why they did this, which is not always the operation's own.
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
        kind=operation.kind,
        is_undo=operation.undoes_id is not None,
        reason=storable(reason),
        body={"kind": operation.kind, "scope": operation.scope, **body},
    )


def operation_ended(operation_id: int) -> None:
    """Add the entry of an operation that has just ended, however it did, within the caller's transaction.

    Its actor is the person for whom the operation ran. `numbers` counts its batches as they stand at this moment:
    changes under way then, and looks at unconfirmed ones, have entries of their own. `untouched` counts the batches
    beside them that needed no write.
    """
    operation = Operation.objects.get(pk=operation_id)
    is_waiting = Q(state=ItemState.WAITING)
    unconfirmed = Q(state=ItemState.UNCONFIRMED) | (is_waiting & Q(change__outcome=Outcome.UNCONFIRMED))
    counted = {
        "applied": Q(state=ItemState.DONE),
        "unconfirmed": unconfirmed,
        "failed": Q(state=ItemState.FAILED),
        "skipped": Q(state=ItemState.SKIPPED),
        "waiting": is_waiting & ~unconfirmed,
    }
    numbers = operation.items.aggregate(**{name: Count("pk", filter=which) for name, which in counted.items()})
    operation_entry(
        Action.OPERATION_ENDED,
        operation,
        actor=Author.of(operation),
        reason=operation.reason,
        numbers=numbers,
        untouched=sum(operation.skipped.values()),
        state=operation.state,
        cause=operation.cause,
    )
