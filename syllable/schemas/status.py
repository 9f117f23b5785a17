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


# No batch of these statuses runs any more. A status that we do not know may.
OVER = frozenset({BatchStatus.CANCELED, BatchStatus.EXPIRED, BatchStatus.FAILED})


_BY_FOLDED_NAME: dict[str, str] = {status.casefold(): status.value for status in BatchStatus}


def typed_status(text: str) -> str:
    """The status that a person means: one that we know in any case, any other as it was typed."""
    text = text.strip()
    return _BY_FOLDED_NAME.get(text.casefold(), text)
