"""The rows of the list's table, as its template draws them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from django.urls import reverse

from batches import rules
from batches.converters import BatchIdConverter
from batches.selectors.campaign_names import campaign_label
from batches.selectors.sightings import ListedProgress
from batches.views.list_query import ListQuery
from common.moments import Moment, Moments
from syllable.schemas import OVER, Batch, Timestamp

SOON = timedelta(hours=24)
# Requests that were counted so long ago are as good as counted now.
RECENT = timedelta(minutes=2)


class Row(NamedTuple):
    """One batch, in the order in which the template unpacks it.

    `segment` is its part of our own addresses, `link` the whole; "" where it has none. `campaign_link` is "" if the
    campaign has no number. `expires` is None if the batch never does; `notice` is "passed" or "soon" if that needs
    attention. `deed` is what one click does, "" for nothing. `progress` is None where the watcher has not counted the
    requests; `counted` is when it did, "" for just now.
    """

    batch_id: str
    segment: str
    link: str
    campaign: str
    campaign_link: str
    status: str
    requests: int | str | None
    progress: ListedProgress | None
    counted: str
    expires: Moment | None
    notice: str
    worked: Moment
    author: str
    deed: str


class RowMaker:
    """Makes the rows of one page as read at `now`; `address` is the list that the page belongs to.

    Without `has_actions` no row offers a click. `progress` is by batch id.
    """

    def __init__(
        self,
        *,
        address: ListQuery,
        campaign_names: Mapping[str, str],
        now: datetime,
        has_actions: bool,
        progress: Mapping[str, ListedProgress],
    ) -> None:
        self._address, self._campaign_names, self._has_actions = address, campaign_names, has_actions
        self._progress = progress
        self._now, self._soon = now, now + SOON
        self._list = reverse("batches:batch_list")
        self._moment = Moments().moment
        self._campaign = cache(self._label_and_link)

    def row(self, batch: Batch) -> Row:
        """Return one batch as a row of the table."""
        segment = _segment(batch.batch_id)
        campaign, campaign_link = self._campaign(batch.campaign_id)
        progress = self._progress.get(batch.batch_id)
        return Row(
            batch_id=batch.batch_id,
            segment=segment,
            link=f"{self._list}{segment}/" if segment else "",
            campaign=campaign,
            campaign_link=campaign_link,
            status=batch.status,
            requests=batch.count,
            progress=progress,
            counted=self._counted(progress),
            expires=self._moment(batch.expires_on) if batch.expires_on else None,
            notice=self._notice(batch),
            worked=self._moment(self._acted(batch)),
            author=batch.last_updated_by,
            deed=rules.one_click(batch.status) if segment and self._has_actions else "",
        )

    def _counted(self, progress: ListedProgress | None) -> str:
        at = progress.counted_at if progress else None
        return "" if at is None or at > self._now - RECENT else self._moment(at).words

    def _acted(self, batch: Batch) -> Timestamp | None:
        # A list that is sorted by creation shows what it is sorted by.
        return batch.created_at if self._address.is_by_creation else batch.last_worked_on or batch.last_updated_at

    def _notice(self, batch: Batch) -> str:
        at = batch.expires_on.at if batch.expires_on and batch.status not in OVER else None
        if at is None or at > self._soon:
            return ""
        return "passed" if at <= self._now else "soon"

    def _label_and_link(self, campaign_id: int | str | None) -> tuple[str, str]:
        link = str(self._address.to(campaign=str(campaign_id))) if isinstance(campaign_id, int) else ""
        return campaign_label(campaign_id, self._campaign_names.get(str(campaign_id))), link


def _segment(batch_id: str) -> str:
    """Return the part of an address that stands for the batch, "" where it has none."""
    try:
        return BatchIdConverter().to_url(batch_id)
    except ValueError:
        return ""
