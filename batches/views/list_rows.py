"""The rows of the list's table, as its template draws them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.urls import reverse

from batches import rules
from batches.converters import BatchIdConverter
from batches.selectors.campaign_names import campaign_label
from batches.views.list_query import ListQuery
from common.moments import Moment, Moments
from syllable.schemas import OVER, Batch

SOON = timedelta(hours=24)


class Row(NamedTuple):
    """One batch, in the order in which the template unpacks it.

    `segment` is its part of our own addresses, `link` the whole; "" where it has none. `campaign_link` is "" if the
    campaign has no number. `expires` is None if the batch never does; `notice` is "passed" or "soon" if that needs
    attention. `deed` is what one click does, "" for nothing.
    """

    batch: Batch
    segment: str
    link: str
    campaign: str
    campaign_link: str
    expires: Moment | None
    notice: str
    worked: Moment
    deed: str


@dataclass(slots=True)
class RowMaker:
    """Makes the rows of one page as read at `now`; `address` is the list that the page belongs to.

    Without `has_actions` no row offers a click.
    """

    address: ListQuery
    campaign_names: Mapping[str, str]
    now: datetime
    has_actions: bool
    _moments: Moments = field(init=False, default_factory=Moments)
    _list: str = field(init=False)
    _campaign_links: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._list = reverse("batches:batch_list")

    def row(self, batch: Batch) -> Row:
        """Return one batch as a row of the table."""
        segment = _segment(batch.batch_id)
        return Row(
            batch=batch,
            segment=segment,
            link=f"{self._list}{segment}/" if segment else "",
            campaign=campaign_label(batch.campaign_id, self.campaign_names.get(str(batch.campaign_id))),
            campaign_link=self._campaign_link(batch.campaign_id),
            expires=self._moments.moment(batch.expires_on) if batch.expires_on else None,
            notice=self._notice(batch),
            worked=self._moments.moment(batch.last_worked_on or batch.last_updated_at),
            deed=rules.one_click(batch.status) if segment and self.has_actions else "",
        )

    def _notice(self, batch: Batch) -> str:
        at = batch.expires_on.at if batch.expires_on and batch.status not in OVER else None
        if at is None or at > self.now + SOON:
            return ""
        return "passed" if at <= self.now else "soon"

    def _campaign_link(self, campaign_id: int | str | None) -> str:
        if not isinstance(campaign_id, int):
            return ""
        campaign = str(campaign_id)
        if campaign not in self._campaign_links:
            self._campaign_links[campaign] = str(self.address.to(campaign=campaign))
        return self._campaign_links[campaign]


def _segment(batch_id: str) -> str:
    """Return the part of an address that stands for the batch, "" where it has none."""
    try:
        return BatchIdConverter().to_url(batch_id)
    except ValueError:
        return ""
