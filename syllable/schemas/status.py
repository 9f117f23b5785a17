"""The statuses of batches and of their requests."""

from enum import StrEnum

# The statuses of a request for which nobody is contacted any more, in every contract.
OVER_REQUESTS = frozenset({"COMPLETED", "FAILED", "CANCELED", "DUPLICATE", "INVALID", "SKIPPED"})


class BatchStatus(StrEnum):
    """The statuses of a batch in every contract; which of them a contract has is in its `Abilities`."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    IDLE = "IDLE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"

    @property
    def is_running(self) -> bool:
        """Its people are called, or will be without anybody's doing: it can be paused."""
        return self in (BatchStatus.PENDING, BatchStatus.ACTIVE, BatchStatus.IDLE)

    @property
    def is_over(self) -> bool:
        """It does not run any more. A status that we do not know may."""
        return self in (BatchStatus.CANCELED, BatchStatus.EXPIRED, BatchStatus.FAILED)


RUNNING = frozenset(status for status in BatchStatus if status.is_running)
OVER = frozenset(status for status in BatchStatus if status.is_over)
# What runs or is paused, and can be resumed.
NOT_OVER = frozenset(BatchStatus) - OVER


_BY_FOLDED_NAME: dict[str, str] = {status.casefold(): status.value for status in BatchStatus}


def typed_status(text: str) -> str:
    """The status that a person means: one that we know in any case, any other as it was typed."""
    text = text.strip()
    return _BY_FOLDED_NAME.get(text.casefold(), text)
