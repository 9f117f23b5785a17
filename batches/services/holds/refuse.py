"""Which of our own writes a hold refuses: those that make a batch contact people."""

from collections.abc import Collection, Iterable

from batches import refusal_messages
from batches.models import HeldBatch, Hold, Sighting, TargetScope
from batches.models.hold import active_covering
from batches.services.changes.guard import Guard, Reason, Refusal
from syllable.schemas import RUNNING, Batch, BatchEdit


def unless_held(edit: BatchEdit, guard: Guard | None) -> Guard | None:
    """Return `guard` with holds before it, if the edit would start its batch: these refuse that."""
    if edit.status not in RUNNING:
        return guard

    def check(batch: Batch) -> Refusal | None:
        if hold := Hold.objects.over(batch.batch_id, batch.campaign_id).first():
            return Refusal(Reason.HELD, sentence(hold))
        return guard(batch) if guard else None

    return check


def is_held(batch: Batch) -> bool:
    """Return whether any hold keeps a batch paused."""
    return Hold.objects.over(batch.batch_id, batch.campaign_id).exists()


def hold_of_all(*, campaign_id: int | None, batch_ids: Collection[str]) -> Hold | None:
    """Return a hold that keeps paused whatever an operation would resume, None where some of its batches are free.

    `batch_ids` are the batches as far as they are known. Where the watcher never saw a batch, the road decides.
    """
    holds = list(Hold.objects.active())
    for hold in holds:
        of_campaign = hold.scope == TargetScope.CAMPAIGN and campaign_id is not None
        if hold.scope == TargetScope.ALL or (of_campaign and hold.campaign_id == campaign_id):
            return hold
    wanted = set(batch_ids)
    if not wanted or not holds or _held_among(holds, wanted) < wanted:
        return None
    return next(hold for hold in holds if _held_among([hold], wanted))


def sentence(hold: Hold) -> str:
    """Return why a hold refuses a resume."""
    return refusal_messages.held(hold.pk, hold.placed_by_email)


def _held_among(holds: Iterable[Hold], batch_ids: set[str]) -> set[str]:
    holds = list(holds)
    named = HeldBatch.objects.filter(hold__in=holds).values_list("batch_id", flat=True)
    seen = Sighting.objects.filter(active_covering(holds)).values_list("batch_id", flat=True)
    found: set[str] = set()
    known = sorted(batch_ids)
    for first in range(0, len(known), 500):
        chunk = known[first : first + 500]
        found |= set(named.filter(batch_id__in=chunk)) | set(seen.filter(batch_id__in=chunk))
    return found
