"""What the API answered about one batch."""

from typing import NamedTuple

from syllable.schemas import Batch, RequestCounts, request_counts


class BatchAnswer(NamedTuple):
    """A batch as read, and the counts of its requests, None where the answer came without, as in a list."""

    batch: Batch
    counts: RequestCounts | None

    @classmethod
    def of(cls, batch: Batch) -> "BatchAnswer":
        """Return what a batch says of itself."""
        return cls(batch, request_counts(batch))

    @property
    def uncounted(self) -> "BatchAnswer":
        """The same without counts."""
        return self._replace(counts=None)
