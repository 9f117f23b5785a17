"""Whether a failure is one batch's own, or the API answers nobody; then the operation waits until it does."""

from dataclasses import dataclass, field

from batches.connection import syllable_client
from batches.services.operations.backoff import Backoff
from batches.services.operations.lease import Lease
from syllable.errors import SyllableError, SyllableUnavailable
from syllable.resilience.bulkhead import Lane
from syllable.schemas import BatchQuery


class ApiSilent(Exception):
    """The API answers nobody; `error` says how. Nothing that fails meanwhile is held against a batch."""

    def __init__(self, error: SyllableError) -> None:
        super().__init__(str(error))
        self.error = error


def check_answers(failure: SyllableError | None = None) -> None:
    """Return where the API answers others than the call that failed: as was seen meanwhile, or else it is asked for
    next to nothing. Raises ApiSilent where it does not."""
    if isinstance(failure, SyllableUnavailable) and failure.answers_others:
        return
    try:
        syllable_client(Lane.OPERATIONS).list_batches(BatchQuery(limit=1))
    except SyllableError as error:
        raise ApiSilent(error) from error


@dataclass(slots=True)
class Outage:
    """The time in which the API answers nobody. `backoff` paces the questions whether it does."""

    lease: Lease
    is_on: bool = False
    backoff: Backoff = field(default_factory=Backoff)

    def go_on(self, error: SyllableError) -> None:
        """The API did not answer: the operation says what it waits for."""
        self.is_on = True
        if not self.backoff.remaining:
            self.backoff.begin()
        self.lease.note(f"{error.sentence} This operation continues by itself as soon as Syllable answers.")

    def end(self) -> None:
        """The API did answer."""
        self.lease.note("")
        self.is_on = False
        self.backoff.end()
