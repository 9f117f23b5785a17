"""The jobs of a worker's threads: each job is a value, and returns an event to the runner's loop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from batches.models import Change, Operation, OperationItem
from batches.services.operations.item_write import item_settle, item_write, short_try_seconds
from batches.services.operations.late_writes import look_again
from batches.services.operations.lease import Lease
from batches.services.operations.outage import check_answers
from batches.services.operations.targets import count_skipped, operation_find
from syllable.errors import SyllableError
from syllable.schemas import BatchStatus


@dataclass(frozen=True, slots=True)
class Tried:
    """An item was tried; its row has the result."""


@dataclass(frozen=True, slots=True)
class Settled:
    """`change` has ended: nobody writes for it any more."""

    change: Change


@dataclass(frozen=True, slots=True)
class NotSettled:
    """The writer of a change may still be alive."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The batches were listed; `new` of them had no item yet."""

    new: int


@dataclass(frozen=True, slots=True)
class NotListed:
    """The list failed, although the API answers others."""

    error: SyllableError


@dataclass(frozen=True, slots=True)
class Counted:
    """The number of batches that need no write, by status, as far as the API could count them."""

    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LookedAgain:
    """The batch of a late write was read. `is_last`: the write cannot land any more."""

    change: Change
    is_last: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """The API answers again."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The job raised `error`."""

    error: BaseException


Event = Tried | Settled | NotSettled | Listed | NotListed | Counted | LookedAgain | Answered | Failed


class Job(Protocol):
    """Work for one thread. A job has no state, and does not touch the runner's."""

    def run(self) -> Event:
        """Do the work. Exceptions become `Failed`."""
        ...


@dataclass(frozen=True, slots=True)
class WriteItem:
    """Try one item once."""

    lease: Lease
    item: OperationItem

    def run(self) -> Event:
        item_write(self.item, lease=self.lease)
        return Tried()


@dataclass(frozen=True, slots=True)
class SettleChange:
    """Learn the outcome of a change that no job will finish."""

    operation: Operation
    change: Change

    def run(self) -> Event:
        is_over = item_settle(self.change, operation=self.operation)
        return Settled(self.change) if is_over else NotSettled()


@dataclass(frozen=True, slots=True)
class ListBatches:
    """List the batches once, and create items for the new ones."""

    operation: Operation

    def run(self) -> Event:
        try:
            return Listed(operation_find(self.operation))
        except SyllableError as error:
            check_answers(error)
            return NotListed(error)


@dataclass(frozen=True, slots=True)
class CountSkipped:
    """Count the batches with these statuses. `holds_writes` if writes would change the numbers."""

    operation: Operation
    statuses: tuple[BatchStatus, ...]
    holds_writes: bool

    def run(self) -> Event:
        counts: dict[str, int] = {}
        try:
            for status in self.statuses:
                counts[status.value] = count_skipped(self.operation, status, patience=short_try_seconds())
        except SyllableError as error:
            check_answers(error)
        return Counted({status: count for status, count in counts.items() if count})


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Read a batch that a late write may have reached."""

    operation: Operation
    change: Change

    def run(self) -> Event:
        return LookedAgain(self.change, is_last=look_again(self.change, operation=self.operation))


@dataclass(frozen=True, slots=True)
class AskApi:
    """Ask whether the API answers anybody."""

    def run(self) -> Event:
        check_answers()
        return Answered()
