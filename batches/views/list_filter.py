"""What the filter of the list offers."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from batches.models import Expiry
from batches.selectors.batches import BatchList
from batches.selectors.campaign_names import campaign_label
from batches.selectors.sighting_query import FAILING_LEAST, FAILING_SHARE
from batches.views.list_query import BY_CREATION, LIMITS, ListQuery
from syllable.schemas import Abilities

ORDERS = {
    "-batch_id": "Batch id, Z to A",
    "batch_id": "Batch id, A to Z",
    "campaign_id": "Campaign, lowest number first",
    "-campaign_id": "Campaign, highest number first",
    "status": "Status, A to Z",
    "-status": "Status, Z to A",
    "expires_on": "First to expire",
    "-expires_on": "Last to expire",
    "-last_updated_at": "Last updated, latest first",
    "last_updated_at": "Last updated, earliest first",
    "-created_at": "Created, newest first",
    "created_at": "Created, oldest first",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of the filter; `rest` is the list without that part."""

    name: str
    label: str
    text: str
    rest: ListQuery


def filter_context(address: ListQuery, batch_list: BatchList, able: Abilities) -> dict[str, Any]:
    """Return the context of `batches/_list_filter.html`. What takes the watcher is offered where it is turned on."""
    is_watched = bool(settings.WATCH_INTERVAL)
    sorts = (*able.order_by, BY_CREATION) if is_watched or address.is_by_creation else able.order_by
    campaigns = _campaigns(address, batch_list)
    return {
        "campaigns": campaigns,
        "chips": _chips(address, dict(campaigns)),
        "expiries": Expiry.choices,
        "failing_least": FAILING_LEAST,
        "failing_percent": round(100 * FAILING_SHARE),
        "is_watched": is_watched or address.needs_watcher,
        "limits": LIMITS,
        "orders": {order: label for order, label in ORDERS.items() if order.removeprefix("-") in sorts},
        "statuses": [*able.statuses, *(status for status in address.statuses if status not in able.statuses)],
    }


def _campaigns(address: ListQuery, batch_list: BatchList) -> list[tuple[str, str]]:
    """Return the choices of the campaign filter by name, including the current ones even if a name is unknown."""
    names = dict(batch_list.campaign_names)
    for campaign in address.campaigns:
        names.setdefault(campaign, campaign_label(campaign, None))
    return sorted(names.items(), key=lambda item: item[1].casefold())


def _chips(address: ListQuery, names: dict[str, str]) -> list[Chip]:
    """Return the parts of a filter that the API does not have."""
    chips = []
    if len(address.statuses) > 1:
        for status in address.statuses:
            rest = address.to(statuses=_without(address.statuses, status))
            chips.append(Chip("status", "Status", status, rest))
    if len(address.campaigns) > 1:
        for campaign in address.campaigns:
            rest = address.to(campaigns=_without(address.campaigns, campaign))
            chips.append(Chip("campaign", "Campaign", names[campaign], rest))
    if address.expiry:
        chips.append(Chip("expiry", "Expires", str(Expiry(address.expiry).label), address.to(expiry="")))
    if address.failing:
        chips.append(Chip("failing", "Failing", "now", address.to(failing=False)))
    return chips


def _without(values: tuple[str, ...], left_out: str) -> tuple[str, ...]:
    return tuple(value for value in values if value != left_out)
