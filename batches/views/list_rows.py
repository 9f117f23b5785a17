"""The rows of the list's table, as HTML.

Written here and not as a template: a page has up to a hundred, for which a template takes longer than for all the rest
of the page. Everything in a row but our own addresses is the API's word and may be anything: `fill` escapes it, and
`visible` writes out what nobody could see.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from django.urls import reverse
from django.utils.safestring import SafeString

from batches import rules
from batches.converters import BatchIdConverter
from batches.selectors.campaigns import campaign_label
from batches.views.list_address import ListAddress
from dashboard.markup import fill
from dashboard.strangers import visible, visible_id
from dashboard.templatetags.ui import NOTHING, Moments, icon, status_badge
from syllable.schemas import OVER, Batch, BatchStatus

SOON = timedelta(hours=24)

ROW = """
<tr role="row">
  <td role="cell" class="list-batch_id">{tick}{batch_id}</td>
  <td role="cell" class="list-campaign_id" data-label="Campaign">{campaign}</td>
  <td role="cell" class="list-status">{status}</td>
  <td role="cell" class="list-count" data-label="Requests">{count}</td>
  <td role="cell" class="list-expires_on" data-label="Expires">{expires}</td>
  <td role="cell" class="list-last_worked_on" data-label="Last activity">{worked}</td>
  <td role="cell" class="list-last_updated_by" data-label="Updated by">{author}</td>
  {action}
</tr>"""
OPEN = '<a id="open-{segment}" href="{link}"><bdi>{name}</bdi></a>'
TICK = """<input type="checkbox" class="list-tick" form="ticked" name="batch" value="{batch_id}"
  aria-label="Tick {name}">"""
NO_ID = SafeString('<span class="text-secondary">no id</span>')
CAMPAIGN = '<a href="{address}">{name}</a>'
NEVER = SafeString('<span class="text-secondary">never</span>')
PASSED = '<span class="list-warning">{icon}<span>passed {moment}</span></span>'
SOON_OVER = '<span class="list-warning">{icon}<span><span class="visually-hidden">soon, </span>{moment}</span></span>'
AUTHOR = '<span title="{author}">{author}</span>'
NO_ACTION = SafeString('<td role="cell" class="list-action"></td>')
# One form for all of them stands before the table: a hundred would be a tenth of the page.
ACTION = """<td role="cell" class="list-action">
  <button id="{deed}-{segment}" class="btn btn-sm" form="one-click" formaction="{link}{deed}/"
    aria-label="{word} {name}">{icon}{word}</button>
  </td>"""
PAUSE = {"deed": SafeString("pause"), "word": SafeString("Pause"), "icon": icon("player-pause")}
RESUME = {"deed": SafeString("resume"), "word": SafeString("Resume"), "icon": icon("player-play")}
DEEDS: dict[BatchStatus | str, dict[str, SafeString]] = {
    BatchStatus.PAUSED: RESUME,
    **dict.fromkeys(rules.NOT_FINISHED, PAUSE),
}


@dataclass(slots=True)
class RowWriter:
    """Writes the rows of one page as it was read at `now`; `address` is the list that it is a page of.

    With `has_actions` False there is no column for buttons; where it `is_stale` there are no buttons in it.
    """

    address: ListAddress
    campaign_names: Mapping[str, str]
    now: datetime
    is_stale: bool
    has_actions: bool
    _moments: Moments = field(init=False, default_factory=Moments)
    _list: str = field(init=False)
    _campaign_links: dict[str, SafeString] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._list = reverse("batches:batch_list")

    def row(self, batch: Batch) -> SafeString:
        """One batch as a row of the table."""
        name = fill("{name}", name=visible_id(batch.batch_id))
        # Both hold nothing that HTML has a meaning for.
        segment = SafeString(_segment(batch.batch_id))
        link = SafeString(f"{self._list}{segment}/" if segment else "")
        return fill(
            ROW,
            tick=fill(TICK, batch_id=batch.batch_id, name=name) if self._can_act(batch.status, link) else "",
            batch_id=fill(OPEN, segment=segment, link=link, name=name) if link else NO_ID,
            campaign=self._campaign(batch),
            status=status_badge(batch.status),
            count=NOTHING if batch.count is None else visible(str(batch.count)),
            expires=self._expires(batch),
            worked=self._moments.moment(batch.last_worked_on or batch.last_updated_at),
            author=_author(batch.last_updated_by) if batch.last_updated_by else NOTHING,
            action=self._action(batch.status, name, segment, link) if self.has_actions else "",
        )

    def _campaign(self, batch: Batch) -> str:
        campaign = "" if batch.campaign_id is None else str(batch.campaign_id)
        name = visible(campaign_label(batch.campaign_id, self.campaign_names.get(campaign)))
        if not isinstance(batch.campaign_id, int):
            return name or NOTHING
        if campaign not in self._campaign_links:
            self._campaign_links[campaign] = fill(CAMPAIGN, address=self.address.to(campaign=campaign), name=name)
        return self._campaign_links[campaign]

    def _expires(self, batch: Batch) -> str:
        if not batch.expires_on:
            return NEVER
        moment = self._moments.moment(batch.expires_on)
        at = None if batch.status in OVER else batch.expires_on.at
        if at and at <= self.now:
            return fill(PASSED, icon=icon("alert-triangle"), moment=moment)
        if at and at <= self.now + SOON:
            return fill(SOON_OVER, icon=icon("clock"), moment=moment)
        return moment

    def _action(self, status: BatchStatus | str, name: SafeString, segment: SafeString, link: SafeString) -> SafeString:
        if not self._can_act(status, link):
            return NO_ACTION
        return fill(ACTION, link=link, segment=segment, name=name, **DEEDS[status])

    def _can_act(self, status: BatchStatus | str, link: str) -> bool:
        return bool(link and not self.is_stale and self.has_actions and status in DEEDS)


def _segment(batch_id: str) -> str:
    """What stands for the batch in an address, "" where it has none."""
    try:
        return BatchIdConverter().to_url(batch_id)
    except ValueError:
        return ""


@lru_cache(maxsize=64)
def _author(author: str) -> SafeString:
    return fill(AUTHOR, author=visible(author))
