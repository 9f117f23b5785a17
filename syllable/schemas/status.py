"""The statuses of batches and of their requests."""

from enum import StrEnum

# The statuses of finished requests: nobody is contacted for these any more, in any contract.
OVER_REQUESTS = frozenset({"COMPLETED", "FAILED", "CANCELED", "DUPLICATE", "INVALID", "SKIPPED"})


class BatchStatus(StrEnum):
    """The statuses of a batch in every contract. A contract's own are in its `Abilities`."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    IDLE = "IDLE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"

    @property
    def is_running(self) -> bool:
        """Whether the batch contacts people, or will do so by itself: then it can be paused."""
        return self in (BatchStatus.PENDING, BatchStatus.ACTIVE, BatchStatus.IDLE)

    @property
    def is_over(self) -> bool:
        """Whether the batch has ended. A batch with an unknown status may still run."""
        return self in (BatchStatus.CANCELED, BatchStatus.EXPIRED, BatchStatus.FAILED)


RUNNING = frozenset(status for status in BatchStatus if status.is_running)
OVER = frozenset(status for status in BatchStatus if status.is_over)
# Statuses that run or are paused, and can be resumed.
NOT_OVER = frozenset(BatchStatus) - OVER


_BY_FOLDED_NAME: dict[str, str] = {status.casefold(): status.value for status in BatchStatus}


def typed_status(text: str) -> str:
    """Return the known status that `text` names in any case, else `text` as it is."""
    text = text.strip()
    return _BY_FOLDED_NAME.get(text.casefold(), text)
