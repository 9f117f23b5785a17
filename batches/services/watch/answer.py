"""What the API answered about one batch."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from syllable.schemas import Batch, RequestCounts, request_counts


class BatchAnswer(NamedTuple):
    """A batch as read, and the counts of its requests, None where the answer came without, as in a list.

    `is_alone` says that the batch was read by itself, so that the answer does not lag behind. `results` are the rows of
    its requests, None where nobody asked for these.
    """

    batch: Batch
    counts: RequestCounts | None
    is_alone: bool = False
    results: Sequence[Mapping[str, Any]] | None = None

    @classmethod
    def of(cls, batch: Batch, *, is_alone: bool = False) -> "BatchAnswer":
        """Return what a batch says of itself."""
        return cls(batch, request_counts(batch), is_alone)

    @property
    def uncounted(self) -> "BatchAnswer":
        """The same without counts."""
        return self._replace(counts=None)
