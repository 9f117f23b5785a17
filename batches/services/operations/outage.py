"""An outage of the API, as opposed to the failure of one batch: the operation waits until it ends."""

from dataclasses import dataclass, field

from batches import outcome_messages
from batches.api_client import syllable_client
from batches.services.operations.lease import Lease
from common.backoff import Backoff
from syllable.errors import SyllableError, SyllableUnavailable
from syllable.resilience.bulkhead import Lane
from syllable.schemas import BatchQuery


class ApiSilent(Exception):
    """The API answers nobody; `error` says how. No failure during an outage counts against a batch."""

    def __init__(self, error: SyllableError) -> None:
        super().__init__(str(error))
        self.error = error


def check_answers(failure: SyllableError | None = None) -> None:
    """Return if the API answers calls other than the failed one. Raises ApiSilent if it does not.

    Answers seen meanwhile are enough; otherwise a minimal call is made.
    """
    if isinstance(failure, SyllableUnavailable) and failure.answers_others:
        return
    try:
        syllable_client(Lane.OPERATIONS).list_batches(BatchQuery(limit=1))
    except SyllableError as error:
        raise ApiSilent(error) from error


@dataclass(slots=True)
class Outage:
    """The time in which the API answers nobody. `backoff` spaces the calls that check for its end."""

    lease: Lease
    is_on: bool = False
    backoff: Backoff = field(default_factory=Backoff)

    def go_on(self, error: SyllableError) -> None:
        """Note that the API did not answer, and say so on the operation."""
        self.is_on = True
        if not self.backoff.remaining:
            self.backoff.begin()
        self.lease.note(outcome_messages.waits_for_syllable(error.sentence))

    def end(self) -> None:
        """Note that the API answered."""
        self.lease.note("")
        self.is_on = False
        self.backoff.end()
