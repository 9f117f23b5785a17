"""What happened to a batch between two reads: what a person did, and what the platform did by itself. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from batches.models import TAKEN, Change, Outcome, PlatformEventKind
from syllable.contracts import Contract
from syllable.schemas import OVER, Batch, BatchEdit, BatchStatus

ALL = BatchStatus
# What the platform does by itself, from any status or from this one.
BY_ITSELF: dict[tuple[BatchStatus | None, BatchStatus], PlatformEventKind] = {
    (None, ALL.EXPIRED): PlatformEventKind.EXPIRED,
    (None, ALL.FAILED): PlatformEventKind.FAILED,
    (ALL.ACTIVE, ALL.IDLE): PlatformEventKind.IDLE,
    (ALL.PENDING, ALL.IDLE): PlatformEventKind.IDLE,
    (ALL.IDLE, ALL.ACTIVE): PlatformEventKind.ACTIVE_AGAIN,
    (ALL.PENDING, ALL.ACTIVE): PlatformEventKind.STARTED,
}
# The fields of the API's object behind each field of an edit.
BEHIND = {
    "status": ("status", "paused"),
    "expires_on": ("expires_on",),
    "deleted_reason": ("deleted_reason",),
    "call_rate": ("call_rate",),
    "auto_call_rate": ("auto_call_rate",),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a person did, as an edit that may be empty, and what the platform did."""

    edit: BatchEdit
    event: PlatformEventKind | None = None


def difference(before: Batch, now: Batch) -> Difference:
    """Return what happened between two reads. A field that one of them lacks, or that is odd, did not change."""
    edited: dict[str, Any] = {}
    event = None
    if not _agree("status", before, now):
        event = _event(before, now)
        if event is None and isinstance(now_status := shown_status(now), BatchStatus):
            # The platform made of ACTIVE what is IDLE.
            edited["status"] = ALL.ACTIVE if now_status == ALL.IDLE else now_status
    if not _agree("expires_on", before, now):
        edited["expires_on"] = now.expires_on
    if now.deleted_reason and not _agree("deleted_reason", before, now):
        edited["deleted_reason"] = now.deleted_reason
    if not _agree("call_rate", before, now) and not isinstance(now.call_rate, str):
        edited["call_rate"] = now.call_rate
    if not _agree("auto_call_rate", before, now) and isinstance(now.auto_call_rate, bool):
        edited["auto_call_rate"] = now.auto_call_rate
    return Difference(BatchEdit(**edited), event)


def shown_status(batch: Batch) -> BatchStatus | str:
    """Return the status, with PAUSED for a batch that says so by `paused` alone."""
    return ALL.PAUSED if batch.paused is True and batch.status not in OVER else batch.status


def known(raw: dict[str, Any], changes: Iterable[Change]) -> dict[str, Any]:
    """Return the batch as we last knew it: as last seen, and what our `changes` since then, oldest first, did to it.

    A change accounts for the fields of its edit, and for those that were not as before once it had been made.
    """
    for change in changes:
        before, seen = change.batch_before, change.batch_seen
        if change.outcome not in (*TAKEN, Outcome.UNCONFIRMED) or before is None or seen is None:
            continue
        did = [name for name in BEHIND if name in change.edit.fields() or not _agree(name, before, seen)]
        fields = [field for name in did for field in BEHIND[name]]
        raw = raw | {field: seen.raw[field] for field in fields if field in seen.raw}
    return raw


def landed_late(change: Change, found: Difference, now: Batch, contract: Contract) -> bool:
    """Return whether the difference is a write of ours that arrived after nobody waited for it any more.

    Such a write sets the fields of its edit, and sends others back as they were before.
    """
    before = change.batch_before
    if before is None or not contract.shows(now, change.edit):
        return False
    if contract.records_author and now.last_updated_by != change.actor_email:
        return False
    return all(name in change.edit.fields() or _agree(name, before, now) for name in found.edit.fields())


def _event(before: Batch, now: Batch) -> PlatformEventKind | None:
    was, status = shown_status(before), shown_status(now)
    if not isinstance(status, BatchStatus):
        return None
    of_any = BY_ITSELF.get((None, status))
    return BY_ITSELF.get((was, status), of_any) if isinstance(was, BatchStatus) else of_any


def _agree(name: str, one: Batch, other: Batch) -> bool:
    """Return whether two reads show the same in a field of an edit, as far as both show it."""
    if not all(any(field in batch.raw for field in BEHIND[name]) for batch in (one, other)):
        return True
    if name == "status":
        return shown_status(one) == shown_status(other)
    if name == "expires_on":
        first, second = one.expires_on, other.expires_on
        return first is second if first is None or second is None else first.same_moment(second)
    if name == "deleted_reason":
        return (one.deleted_reason or "").strip() == (other.deleted_reason or "").strip()
    return bool(getattr(one, name) == getattr(other, name))
