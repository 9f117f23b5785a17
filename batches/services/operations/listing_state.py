"""What a worker knows of the list of an operation's batches."""

from dataclasses import dataclass, field
from typing import Self

from batches.models import Operation
from batches.services.operations.item_write import MOST_ATTEMPTS
from batches.services.operations.targets import is_listed

MOST_LISTINGS = 50


@dataclass(slots=True)
class Listing:
    """Batches are listed until a listing brings nothing new and nothing else was uncertain at its start.

    `is_complete` says that no other listing is needed, `has_listed` that there was one. `skipped` counts the batches
    that need no write, by status.
    """

    is_complete: bool
    has_listed: bool
    uncertain: int = 0
    listings: int = 0
    failures: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, operation: Operation) -> Self:
        """Return the state before the first listing, complete if all items were created with the operation."""
        is_complete = not is_listed(operation)
        return cls(is_complete=is_complete, has_listed=is_complete)

    def begin(self, *, uncertain: int) -> None:
        """Begin a listing. `uncertain` counts waiting items, and writes of others that may still land."""
        self.uncertain = uncertain

    def end(self, *, new: int) -> None:
        """End a listing that brought `new` batches."""
        self.listings += 1
        self.has_listed = True
        self.is_complete = new + self.uncertain == 0 or self.listings == MOST_LISTINGS

    def fail(self) -> bool:
        """Count a failed listing; return True if there should be no other try."""
        self.failures += 1
        return self.failures >= MOST_ATTEMPTS

    def give_up(self) -> None:
        """Continue with the batches listed so far."""
        self.has_listed = self.is_complete = True
