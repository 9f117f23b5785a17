"""Where the requests of a batch are heading, from its samples and the calling hours of its campaign."""

from datetime import timedelta

from batches.calling_hours import CallingHours
from batches.estimate import GAP, SPANS, Estimate, Sample, estimate
from batches.models import CampaignSighting, Sighting
from common.time_zones import zone_or_none
from syllable.schemas import BatchStatus

# The estimate looks no further back.
LOOKS_BACK: timedelta = SPANS[-1] + GAP


def forecast_set(row: Sighting) -> None:
    """Set the forecast of a row (unsaved) whose requests were just counted; there is none unless the batch may call.

    The pace is that of an active batch alone: an idle one has none now, although it may go on later.
    """
    found = Estimate()
    if row.status in (BatchStatus.ACTIVE, BatchStatus.IDLE) and row.pk and row.counted_at:
        recent = row.samples.filter(at__gte=row.counted_at - LOOKS_BACK, at__lte=row.counted_at).order_by("at")
        samples = [Sample(*counts) for counts in recent.values_list("at", "pending", "under_way", "ended", "failed")]
        # A batch that rests is sampled seldom.
        now = Sample(row.counted_at, row.pending or 0, row.under_way or 0, row.ended or 0, row.failed or 0)
        found = estimate(
            samples or [now], now=row.counted_at, hours=_hours_of(row.campaign_id), expires_at=row.expires_at
        )
    row.pace = found.pace if row.status == BatchStatus.ACTIVE else None
    row.ends_from, row.ends_until = found.ends_from, found.ends_until
    row.unreached_from, row.unreached_until = found.unreached or (None, None)


def _hours_of(campaign_id: int | None) -> CallingHours | None:
    row = CampaignSighting.objects.filter(campaign_id=campaign_id).first()
    return CallingHours.of(row.campaign, zone_or_none(row.zone)) if row and row.campaign else None
