"""The full look: all batches and all campaigns, now and then, spread over as many turns as that takes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q

from batches.campaign_cache import campaign_names_note
from batches.models import CampaignSighting
from batches.models.fields import storable
from batches.services.changes.reconcile import LARGEST_CAMPAIGN_ID
from batches.services.watch.departure import LeaseLost
from batches.services.watch.reads import unlisted
from batches.services.watch.turn import MOST_PAGES, ROWS_PER_PAGE, Turn
from batches.services.watch.walk import is_due, moment
from syllable.client import CAMPAIGNS_PER_PAGE, SyllableClient
from syllable.schemas import BatchQuery, Campaign

EVERY = timedelta(hours=1)
CAMPAIGNS_EVERY = timedelta(minutes=5)
# An index of PostgreSQL holds no more.
LONGEST_NAME = 500


def full_look(turn: Turn) -> Iterator[None]:
    """Read all batches where that is due, and then what the list did not show; yields after each call."""
    place = turn.position.get("full") or {}
    if not place or moment(place["began"]) > turn.began:
        if not is_due(turn.state.full_look_at, EVERY, turn.began):
            return
        place = turn.position["full"] = {"began": turn.began.isoformat(), "page": 0}
    yield from _pages(turn, place)
    yield from unlisted(turn, moment(place["began"]))
    turn.state.full_look_at = moment(place["began"])
    turn.position.pop("full")


def _pages(turn: Turn, place: dict[str, Any]) -> Iterator[None]:
    while place["page"] is not None:
        query = BatchQuery(order_by="batch_id", page=place["page"], limit=ROWS_PER_PAGE)
        page, departure = turn.page(query)
        has_next = page.has_next and page.items and place["page"] + 1 < MOST_PAGES
        place["page"] = place["page"] + 1 if has_next else None
        turn.keep(page.items, departure)
        yield


def campaigns(turn: Turn) -> Iterator[None]:
    """Read all campaigns every few minutes; yields after each call."""
    place = turn.position.get("campaigns") or {}
    if not place or moment(place["began"]) > turn.began:
        if not is_due(turn.position.get("campaigns_at"), CAMPAIGNS_EVERY, turn.began):
            return
        place = turn.position["campaigns"] = {"began": turn.began.isoformat(), "page": 0}
    while place["page"] is not None:
        read = partial(SyllableClient.list_campaigns, page=place["page"], limit=CAMPAIGNS_PER_PAGE)
        page, departure = turn.calls.make(read)
        has_next = page.has_next and page.items and place["page"] + 1 < MOST_PAGES
        _keep(turn, page.items, departure.at)
        place["page"] = place["page"] + 1 if has_next else None
        yield
    # What is not there any more, and has no batches.
    unlisted_now = Q(seen_at=None) | Q(seen_at__lt=moment(place["began"]))
    CampaignSighting.objects.filter(unlisted_now, batches=0).delete()
    turn.position["campaigns_at"] = place["began"]
    turn.position.pop("campaigns")


@transaction.atomic
def _keep(turn: Turn, found: list[Campaign], at: datetime) -> None:
    if not turn.calls.lease.keep():
        raise LeaseLost
    known = {campaign.id: campaign for campaign in found if _is_number(campaign.id)}
    campaign_names_note({str(number): campaign.campaign_name for number, campaign in known.items()})
    rows = [
        CampaignSighting(
            campaign_id=number,
            name=storable(campaign.campaign_name)[:LONGEST_NAME],
            raw=storable(campaign.raw),
            seen_at=at,
        )
        for number, campaign in known.items()
    ]
    CampaignSighting.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["campaign_id"], update_fields=["name", "raw", "seen_at"]
    )
    for number, campaign in known.items():
        if campaign.timezone:
            zone = storable(campaign.timezone)[:100]
            CampaignSighting.objects.filter(campaign_id=number).exclude(zone=zone).update(zone=zone)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and abs(value) <= LARGEST_CAMPAIGN_ID
