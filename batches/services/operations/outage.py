"""Whether a failure is one batch's own, or the API answers nobody; then the operation waits until it does."""

from dataclasses import dataclass, field

from batches.connection import syllable_client
from batches.services.operations.backoff import Backoff
from batches.services.operations.lease import Lease
from syllable.errors import SyllableError, SyllableUnavailable
from syllable.resilience.bulkhead import Lane
from syllable.schemas import BatchQuery


class Silent(Exception):
    """The API answers nobody; `error` says how. Nothing that fails meanwhile is held against a batch."""

    def __init__(self, error: SyllableError) -> None:
        super().__init__(str(error))
        self.error = error


def check_answers(failure: SyllableError | None = None) -> None:
    """Return where the API answers others than the call that failed: as was seen meanwhile, or else it is asked for
    next to nothing. Raises Silent where it does not."""
    if isinstance(failure, SyllableUnavailable) and failure.answers_others:
        return
    try:
        syllable_client(Lane.OPERATIONS).list_batches(BatchQuery(limit=1))
    except SyllableError as error:
        raise Silent(error) from error


@dataclass(slots=True)
class Outage:
    """While the API answers nobody. The operation says what it waits for; `pauses` are those between two questions."""

    lease: Lease
    is_on: bool = False
    pauses: Backoff = field(default_factory=Backoff)

    def goes_on(self, error: SyllableError) -> None:
        """The API did not answer."""
        self.is_on = True
        if not self.pauses.remaining:
            self.pauses.begin()
        self.lease.note(f"{error.sentence} This operation continues by itself as soon as Syllable answers.")

    def is_over(self) -> None:
        """The API did answer."""
        self.is_on = False
        self.pauses.end()
        self.lease.note("")
