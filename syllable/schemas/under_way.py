"""How far the requests of a batch are: not begun, under way, or ended.

The status of a request alone does not say so: the API's own example has 100 CONNECTED requests, of which 95 are
COMPLETED and 5 NO-ANSWER in their channel. So the word of the channel decides, and CONNECTED without one says nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from syllable.schemas.objects import Batch
from syllable.schemas.status import OVER_REQUESTS
from syllable.schemas.text import plain_text

# No batch has as many requests, and the sum of some such numbers still fits a column of a database.
MOST_REQUESTS = 10**8


class Stage(StrEnum):
    """How far a request is. FAILED has ended as well; of UNTOLD nobody can say whether somebody is being reached."""

    PENDING = "pending"
    UNDER_WAY = "under_way"
    UNTOLD = "untold"
    ENDED = "ended"
    FAILED = "failed"


# Statuses of requests that ended without reaching anybody, by mistake or by bad luck.
FAILED_REQUESTS = frozenset({"FAILED", "INVALID"})
# The API's ChannelManagerStatus, with `_` for `-`: as it ended, and of these what counts as failed. SENT and PROCESSED
# are no end, since a message is then on its way, nor are HUMAN and MACHINE, since they say who picked up.
FAILED_IN_CHANNEL = frozenset(
    {
        "INVALID", "UNEXPECTED_ERROR", "DROPPED", "BOUNCED", "PRIOR_DROPPED", "PRIOR_BOUNCED", "UNDELIVERED",
        "DELIVERY_FAILED", "BUSY", "DECLINED", "NO_ANSWER", "FAILED", "SIP_NOT_FOUND", "SIP_TEMPORARILY_UNAVAILABLE",
        "SIP_LOOP_DETECTED", "SIP_DOES_NOT_EXIST_ANYWHERE",
    }
)  # fmt: skip
ENDED_IN_CHANNEL = FAILED_IN_CHANNEL | {
    "DUPLICATE", "FILTERED_LINE_TYPE", "NO_OUTCOME", "DELIVERED", "OPENED", "CLICKED", "SPAM_REPORT", "UNSUBSCRIBED",
    "PRIOR_UNSUBSCRIBED", "PRIOR_SPAM_REPORT", "DELIVERY_UNKNOWN", "CANCELED", "COMPLETED",
}  # fmt: skip


# Statuses of a request as the API documents them.
REQUEST_STATUSES = OVER_REQUESTS | {"PENDING", "INITIATED", "CONNECTED"}
# Words of the channel for a request that somebody has picked up, and for one that is on its way.
CONNECTED_IN_CHANNEL = frozenset({"IN_PROGRESS", "HUMAN", "MACHINE"})
INITIATED_IN_CHANNEL = frozenset({"QUEUED", "SENDING", "SENT", "ACCEPTED", "PROCESSED", "DEFERRED", "RINGING"})


def told_status(channel: str) -> str:
    """Return the status of a request that came with its channel's word alone, as in `2025-04`: FAILED for BUSY.

    A word that nobody knows stays as it is.
    """
    word = _word(channel)
    if word in REQUEST_STATUSES:
        return word
    if word in CONNECTED_IN_CHANNEL:
        return "CONNECTED"
    if word in INITIATED_IN_CHANNEL:
        return "INITIATED"
    if word in ENDED_IN_CHANNEL:
        return "FAILED" if word in FAILED_IN_CHANNEL else "COMPLETED"
    return channel.strip()


def stage(status: str, channel: str) -> Stage:
    """Return how far a request is by its own status and its channel's, "" for none.

    A word that nobody knows counts as under way: somebody may be on the line. A PENDING request whose channel has ended
    waits for its next try.
    """
    status, channel = _word(status), _word(channel)
    if status in OVER_REQUESTS:
        return Stage.FAILED if status in FAILED_REQUESTS else Stage.ENDED
    if status == "PENDING":
        return Stage.PENDING if channel in ENDED_IN_CHANNEL | {"", "PENDING"} else Stage.UNDER_WAY
    if channel in ENDED_IN_CHANNEL:
        return Stage.FAILED if channel in FAILED_IN_CHANNEL else Stage.ENDED
    if not status and channel == "PENDING":
        return Stage.PENDING
    return Stage.UNTOLD if status == "CONNECTED" and not channel else Stage.UNDER_WAY


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """How many requests are how far. `failed` is a part of `ended`; for `untold` see `Stage`."""

    pending: int
    under_way: int
    untold: int
    ended: int
    failed: int

    @property
    def total(self) -> int:
        return self.pending + self.under_way + self.untold + self.ended


def request_counts(batch: Batch) -> RequestCounts | None:
    """Return the counts of a batch's requests, None where it came without `status_counts`, as in a list.

    Where `detailed_status_counts` breaks a status down, its channel decides. In `2025-04` nothing does, so that
    CONNECTED requests are untold: `result_counts` tells.
    """
    if batch.status_counts is None:
        return None
    found: Counter[Stage] = Counter()
    details = batch.detailed_status_counts or {}
    for status, total in batch.status_counts.items():
        left = max(total, 0)
        for channel, number in _by_channel(details.get(status)).items():
            counted = min(number, left)
            found[stage(status, channel)] += counted
            left -= counted
        found[stage(status, "")] += left
    return _counts(found)


def result_counts(rows: Iterable[Mapping[str, Any]]) -> RequestCounts:
    """Return the counts of requests by the rows of the results, which name each request's channel in any contract."""
    return _counts(Counter(map(_result_stage, rows)))


def requests_under_way(batch: Batch) -> int | None:
    """Return how many requests of a batch may be reaching somebody now, None where the batch alone does not tell."""
    counts = request_counts(batch)
    return None if counts is None or counts.untold else counts.under_way


def _result_stage(row: Mapping[str, Any]) -> Stage:
    status, channel = (plain_text(row.get(name)) for name in ("request_status", "channel_manager_status"))
    if not _word(status) and not _word(channel):
        return Stage.PENDING if row.get("sent_at") is None else Stage.UNDER_WAY
    return stage(status, channel)


def _by_channel(breakdown: object) -> dict[str, int]:
    """Return the countable part of a `RequestStatusBreakdown`."""
    counts = breakdown.get("counts") if isinstance(breakdown, Mapping) else None
    if not isinstance(counts, Mapping):
        return {}
    return {
        str(channel): number
        for channel, number in counts.items()
        if isinstance(number, int) and not isinstance(number, bool) and number > 0
    }


def _counts(found: Counter[Stage]) -> RequestCounts:
    stages = {each: min(found[each], MOST_REQUESTS) for each in Stage}
    return RequestCounts(
        pending=stages[Stage.PENDING],
        under_way=stages[Stage.UNDER_WAY],
        untold=stages[Stage.UNTOLD],
        ended=stages[Stage.ENDED] + stages[Stage.FAILED],
        failed=stages[Stage.FAILED],
    )


def _word(text: str) -> str:
    """Return a status as we compare it: `NO-ANSWER` and `no_answer` are one word."""
    return text.strip().upper().replace("-", "_")
