"""How far the requests of a batch are, from the counts that come with a single batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

from syllable.schemas.objects import Batch
from syllable.schemas.status import OVER_REQUESTS

# What a column of the database holds.
LARGEST = 2**31 - 1
# Of the statuses of a request, those that say that it was not carried out.
FAILED_REQUESTS = frozenset({"FAILED", "INVALID"})
# The channel's own words for a request that is under way, and for one that was not carried out.
CHANNEL_UNDER_WAY = frozenset({"INITIATED", "QUEUED", "SENDING", "ACCEPTED", "DEFERRED", "IN-PROGRESS", "IN_PROGRESS"})
CHANNEL_FAILED = frozenset(
    {
        "INVALID", "UNEXPECTED_ERROR", "FILTERED_LINE_TYPE", "DROPPED", "BOUNCED", "PRIOR_DROPPED", "PRIOR_BOUNCED",
        "UNDELIVERED", "DELIVERY_FAILED", "BUSY", "DECLINED", "NO-ANSWER", "NO_ANSWER", "FAILED", "SIP_NOT_FOUND",
        "SIP_TEMPORARILY_UNAVAILABLE", "SIP_LOOP_DETECTED", "SIP_DOES_NOT_EXIST_ANYWHERE",
    }
)  # fmt: skip


class Stage(Enum):
    """How far one request is."""

    PENDING = "pending"
    UNDER_WAY = "under_way"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(slots=True)
class RequestProgress:
    """How many requests of a batch are how far. `failed` is a part of `ended`.

    Which requests are under way is told by the channel's own status where the API gives it (`detailed_status_counts`):
    a request that is CONNECTED may have ended long ago. Contract `2025-04` counts by the request's status alone; there
    CONNECTED counts as under way, which it may or may not be. A request without a known status is pending.
    """

    total: int = 0
    pending: int = 0
    under_way: int = 0
    ended: int = 0
    failed: int = 0

    @classmethod
    def of(cls, batch: Batch) -> Self | None:
        """Return the progress of a batch, None where its answer came without counts, as in a list."""
        if batch.status_counts is None and not batch.detailed_status_counts:
            return None
        progress = cls()
        for stage, count in _groups(batch):
            progress._add(stage, count)
        return progress

    def _add(self, stage: Stage, count: int) -> None:
        count = max(0, min(count, LARGEST - self.total))
        self.total += count
        if stage is Stage.PENDING:
            self.pending += count
        elif stage is Stage.UNDER_WAY:
            self.under_way += count
        else:
            self.ended += count
            self.failed += count if stage is Stage.FAILED else 0


def _groups(batch: Batch) -> Iterator[tuple[Stage, int]]:
    detailed = batch.detailed_status_counts or {}
    for status, count in (batch.status_counts or {}).items():
        if status not in detailed:
            yield _stage(status), count
    for status, breakdown in detailed.items():
        yield from _detailed(status, breakdown, (batch.status_counts or {}).get(status))


def _detailed(status: str, breakdown: Any, plain: int | None) -> Iterator[tuple[Stage, int]]:
    """Yield the requests of one status by their channel's status, and the rest by their own."""
    parts: dict[str, Any] = breakdown if isinstance(breakdown, dict) else {}
    channel = parts.get("counts")
    named = {name: count for name, count in channel.items() if _is_count(count)} if isinstance(channel, dict) else {}
    for name, count in named.items():
        yield _stage(status, name), count
    total = parts.get("total_count")
    total = total if _is_count(total) else plain or 0
    yield _stage(status), total - sum(named.values())


def _stage(status: str, channel: str = "") -> Stage:
    """Return how far a request is. What is over by its own status is over, whatever the channel says."""
    if status in OVER_REQUESTS:
        return Stage.FAILED if status in FAILED_REQUESTS else Stage.ENDED
    if channel in CHANNEL_UNDER_WAY or (not channel and status in ("CONNECTED", *CHANNEL_UNDER_WAY)):
        return Stage.UNDER_WAY
    if status == "CONNECTED":
        return Stage.FAILED if channel in CHANNEL_FAILED else Stage.ENDED
    if status == "INITIATED":
        return Stage.UNDER_WAY
    return Stage.PENDING


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
