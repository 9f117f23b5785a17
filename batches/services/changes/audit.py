"""What the trail says about changes."""

from dataclasses import dataclass

from accounts.models import User
from batches.change_entry import change_fields, end_fields
from batches.models import Change, Operation
from batches.models.fields import storable
from trail.models import Action
from trail.services import entry_add
from trail.source import Source


@dataclass(frozen=True, slots=True)
class Author:
    """The person for whom a change or an operation was made, by what its row says; `pk` is None once deleted."""

    pk: int | None
    email: str

    @classmethod
    def of(cls, made: Change | Operation) -> "Author":
        return cls(made.actor_id, made.actor_email)


def change_ended(change: Change) -> None:
    """Add the entry of a change that has just ended, whatever its outcome, within the caller's transaction.

    The transaction is the one that finishes the row: either both are kept, or the row stays started and a later look
    settles it, with its entry.
    """
    _entry(Action.CHANGE_ENDED, change)


def change_settled(change: Change) -> None:
    """Add the entry of a later look that settled what a change had left open, within the caller's transaction."""
    _entry(Action.CHANGE_SETTLED, change)


def change_reason_added(change: Change, *, actor: User, source: Source) -> None:
    """Add the entry of a reason that `actor` gave later, within the caller's transaction."""
    entry_add(
        Action.CHANGE_REASON_ADDED,
        actor=actor,
        source=source,
        reason=storable(change.reason),
        body={"made_by": change.actor_email},
        **change_fields(change),
    )


def _entry(action: Action, change: Change) -> None:
    """Add an entry whose actor, address and request are those of the change, whoever looked."""
    entry_add(
        action,
        actor=Author.of(change),
        source=Source(change.address or "", change.web_request_id),
        **end_fields(change),
        **change_fields(change),
    )
