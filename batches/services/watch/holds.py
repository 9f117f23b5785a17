"""What runs under a hold is paused again: by an operation, which the workers of stops carry out and nobody waits for.

Nothing is written at Syllable from here.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from batches.models import (
    OPEN,
    STOPPING,
    Change,
    HeldBatch,
    Hold,
    ItemState,
    Kind,
    Operation,
    OperationItem,
    Outcome,
    Sighting,
    Target,
    TargetScope,
    active_covering,
)
from batches.services.operations.audit import operation_entry
from batches.services.operations.enqueue import operation_queue
from batches.services.operations.overlaps import take_turns
from batches.services.operations.start import items_create
from batches.services.watch.departure import LeaseLost
from common.clock import from_now
from common.lease import WorkLease
from syllable.schemas import RUNNING, BatchEdit, BatchStatus
from trail.models import Action

logger = structlog.get_logger(__name__)

# A pause that failed, was never confirmed, or found its batch paused is not repeated at each look.
AGAIN_AFTER = timedelta(minutes=1)
# The next look queues what is left.
MOST_BATCHES = 5000


def held_pause(*, lease: WorkLease, doubtful: Collection[str] = ()) -> Operation | None:
    """Queue one pause of all that runs under a hold as last seen, and return it. Raises LeaseLost.

    `doubtful` are batches of which a list shows something new that is not believed, and that nobody had time to read:
    whoever writes them reads them first. Left out is what a stop is about to pause anyway, and what one of us wrote
    since it was seen: the next look knows better.
    """
    if not Hold.objects.active().exists():
        return None
    with transaction.atomic():
        if not lease.keep():
            raise LeaseLost
        # Whoever starts an operation, or places a hold with it, has saved both by now.
        take_turns()
        holds = list(Hold.objects.active())
        found = list(_running(holds, doubtful)[:MOST_BATCHES]) if holds else []
        return _pause(holds, found) if found else None


def _running(holds: Sequence[Hold], doubtful: Collection[str]) -> QuerySet[Any, Any]:
    rows = Sighting.objects.filter(active_covering(holds), is_over=False, gone_at=None)
    of_batch = {"batch_id": OuterRef("batch_id")}
    stops = Operation.objects.open().stopping()
    items = OperationItem.objects.filter(**of_batch, operation__kind__in=STOPPING)
    is_waiting = Q(operation__state__in=OPEN, state=ItemState.WAITING)
    has_failed = Q(state__in=(ItemState.FAILED, ItemState.UNCONFIRMED), finished_at__gt=from_now(-AGAIN_AFTER))
    unlisted = stops.filter(
        Q(scope=TargetScope.ALL) | Q(scope=TargetScope.CAMPAIGN, campaign_id=OuterRef("campaign_id")), listed_at=None
    )
    ours = Change.objects.ours().filter(**of_batch)
    is_being_written = ours.filter(outcome=Outcome.STARTED, deadline_at__gt=Now())
    written_since = ours.filter(outcome__in=(Outcome.APPLIED, Outcome.UNCHANGED), pk__gt=OuterRef("newest_change_id"))
    found_paused = ours.filter(outcome=Outcome.UNCHANGED, settled_at__gt=from_now(-AGAIN_AFTER))
    is_running = Q(status__in=RUNNING) & ~Exists(written_since)
    rows = rows.filter(is_running | (Q(batch_id__in=doubtful) & ~Exists(found_paused)))
    free = rows.filter(~Exists(items.filter(is_waiting | has_failed)), ~Exists(unlisted), ~Exists(is_being_written))
    return free.order_by("batch_id").values_list("batch_id", "campaign_id")


def _pause(holds: Sequence[Hold], found: Sequence[tuple[str, int | None]]) -> Operation:
    hold = _hold_over(holds, found)
    batch_ids = [batch_id for batch_id, _ in found]
    campaigns = {campaign_id for _, campaign_id in found}
    target = Target(TargetScope.SELECTION, campaign_id=campaigns.pop() if len(campaigns) == 1 else None)
    operation = Operation(
        kind=Kind.PAUSE,
        **target.fields(),
        edit=BatchEdit(status=BatchStatus.PAUSED),
        reason=hold.reason,
        hold=hold,
        actor=hold.placed_by,
        actor_email=hold.placed_by_email,
    )
    if hold.campaign_id == operation.campaign_id:
        operation.campaign_name = hold.campaign_name
    operation.save(force_insert=True)
    operation_entry(Action.OPERATION_STARTED, operation, reason=hold.reason, hold=hold.pk, batches=len(batch_ids))
    items_create(operation, dict.fromkeys(batch_ids))
    operation_queue(operation)
    logger.info("held_batches_running", operation=operation.pk, hold=hold.pk, batches=len(batch_ids))
    return operation


def _hold_over(holds: Sequence[Hold], found: Sequence[tuple[str, int | None]]) -> Hold:
    """Return the oldest hold that keeps any of these batches paused: the pause bears the name of who placed it."""
    campaigns = {campaign_id for _, campaign_id in found}
    named = HeldBatch.objects.filter(hold__in=holds, batch_id__in=[batch_id for batch_id, _ in found[:500]])
    selecting = set(named.values_list("hold_id", flat=True))
    for hold in holds:
        of_campaign = hold.scope == TargetScope.CAMPAIGN and hold.campaign_id in campaigns
        if hold.scope == TargetScope.ALL or of_campaign or hold.pk in selecting:
            return hold
    return holds[0]
