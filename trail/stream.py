"""The stream: sealed entries go to AUDIT_STREAM_URL, at least once, in the order of their seals."""

import hashlib
import hmac
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db.models.functions import Coalesce, Now

from common.backoff import Backoff
from common.lease import WorkLease
from trail.canonical import moment, seal_fields, to_json
from trail.chain import entries_by_id
from trail.models import Leaf, ProcessName, Seal, StreamCursor, StreamProblem
from trail.post import NotAccepted, post
from trail.sealer import head_seal

logger = structlog.get_logger(__name__)

# Entries of one delivery. A seal with more goes alone.
MOST_ENTRIES = 1000
LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class StreamState:
    """How far AUDIT_STREAM_URL has the trail.

    `waiting` counts sealed entries that it has not accepted yet, and `waiting_since` is when the first of them was
    sealed. `problem` and `status` (of HTTP) tell how the last delivery failed.
    """

    is_on: bool
    waiting: int = 0
    waiting_since: datetime | None = None
    delivered_at: datetime | None = None
    failing_since: datetime | None = None
    problem: StreamProblem | None = None
    status: int | None = None


def stream_state() -> StreamState:
    """Return how far the receiver has the trail."""
    if not settings.AUDIT_STREAM_URL:
        return StreamState(is_on=False)
    cursor = _cursor()
    waits = Seal.objects.filter(number__gt=cursor.seal).order_by("number").first()
    head = head_seal()
    return StreamState(
        is_on=True,
        waiting=head.last - waits.first + 1 if head and waits else 0,
        waiting_since=waits.at if waits else None,
        delivered_at=cursor.delivered_at,
        failing_since=cursor.failing_since,
        problem=StreamProblem(cursor.problem) if cursor.problem else None,
        status=cursor.status,
    )


class Streamer:
    """Delivers whatever is new. After a failure it waits, from `pause` seconds up to a minute."""

    def __init__(self, *, pause: float) -> None:
        self._pauses = Backoff(first=pause, longest=LONGEST_PAUSE)

    def run(self) -> None:
        """Deliver all that is new, unless a pause after a failure is not over yet."""
        if not settings.AUDIT_STREAM_URL or self._pauses.remaining:
            return
        try:
            seals_deliver()
        except NotAccepted as error:
            logger.warning(
                "stream_failed", problem=error.problem.value, status=error.status, again_in=self._pauses.begin()
            )
        else:
            self._pauses.end()


def seals_deliver() -> int:
    """Deliver the seals that AUDIT_STREAM_URL has not accepted yet, and return how many.

    Does nothing while another process does it. Raises NotAccepted after the first failure, which the cursor tells.
    """
    lease = WorkLease(ProcessName.STREAM, length=timedelta(seconds=2 * settings.AUDIT_STREAM_TIMEOUT + 10))
    delivered = 0
    try:
        while (cursor := _cursor()) and (seals := _next(cursor)) and lease.hold():
            # While this process waited for the lease, another may have delivered these.
            if _cursor().seal == cursor.seal and _deliver(cursor, seals):
                delivered += len(seals)
    finally:
        lease.give_back()
    return delivered


def _cursor() -> StreamCursor:
    return StreamCursor.objects.get_or_create(name=ProcessName.STREAM)[0]


def _next(cursor: StreamCursor) -> list[Seal]:
    """Return the next seals, as many as fit into a delivery, at least one if there is any."""
    seals: list[Seal] = []
    for seal in Seal.objects.filter(number__gt=cursor.seal).order_by("number")[:MOST_ENTRIES]:
        if seals and seal.last - seals[0].first >= MOST_ENTRIES:
            break
        seals.append(seal)
    return seals


def _deliver(cursor: StreamCursor, seals: Sequence[Seal]) -> bool:
    """Deliver the seals; return False if another process did so first."""
    body = stream_body(seals)
    mine = StreamCursor.objects.filter(pk=cursor.pk, seal=cursor.seal)
    try:
        status = post(
            settings.AUDIT_STREAM_URL,
            body,
            headers={"Content-Type": "application/x-ndjson", "X-Audit-Signature": f"sha256={signature(body)}"},
            seconds=settings.AUDIT_STREAM_TIMEOUT,
        )
    except NotAccepted as error:
        failing_since = Coalesce("failing_since", Now())
        mine.update(tried_at=Now(), failing_since=failing_since, problem=error.problem, status=error.status)
        raise
    accepted = {"seal": seals[-1].number, "delivered_at": Now(), "tried_at": Now(), "status": status}
    return mine.update(**accepted, failing_since=None, problem="") == 1


def stream_body(seals: Sequence[Seal]) -> bytes:
    """Return the lines of these seals: for each its entries, as far as retention left them, then the seal."""
    numbers = Leaf.objects.filter(number__range=(seals[0].first, seals[-1].last)).order_by("number")
    leaves = deque(numbers.values_list("number", "entry_id"))
    entries = entries_by_id([entry_id for _, entry_id in leaves])
    lines: list[bytes] = []
    for seal in seals:
        while leaves and leaves[0][0] <= seal.last:
            number, entry_id = leaves.popleft()
            if entry := entries.get(entry_id):
                lines.append(to_json({**entry, "at": moment(entry["at"]), "line": "entry", "number": number}))
        lines.append(to_json(seal_fields(seal) | {"line": "seal", "digest": seal.digest}))
    return b"".join(line + b"\n" for line in lines)


def signature(body: bytes) -> str:
    """Return the HMAC by which the receiver knows that the body came from here, whole."""
    return hmac.new(settings.AUDIT_STREAM_SECRET.encode(), body, hashlib.sha256).hexdigest()
