"""The filter of the batch list, which lives in the page's address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from batches.models import Expiry, SightingFilter
from common.numbers import whole_number
from syllable.schemas import Abilities, BatchQuery, typed_status

# As text: 20250117.9 comes before 20250117.18. The API cannot sort by creation time.
DEFAULT_ORDER = "-batch_id"
# Of batches that are asked for by their expiry.
EXPIRY_ORDER = "expires_on"
# What only the watcher's rows can be sorted by.
BY_CREATION = "created_at"
LIMITS = (25, 50, 100)
LONGEST_STATUS = 50
LONGEST_CAMPAIGN = 200
LONGEST_SEARCH = 200
LARGEST_PAGE = 1_000_000
# An address with more of one kind is no choice that a person made.
MOST_VALUES = 20
PROBLEMS = {
    "status": "No batch can have the status in this address. All statuses are shown.",
    "campaign": "No campaign can have the id in this address. All campaigns are shown.",
    "q": f"A search can have at most {LONGEST_SEARCH} visible characters. This search was ignored.",
    "expiry": "An expiry can be “hour”, “today” or “passed”. Batches with any expiry are shown.",
    "failing": "The filter for failing batches can only be 1. This filter was ignored.",
    "order": "The list cannot be sorted like that. The usual order is shown.",
    "page": "Page numbers start at 1. Page 1 is shown.",
    "limit": f"A page can have {LIMITS[0]}, {LIMITS[1]} or {LIMITS[2]} rows. {LIMITS[0]} rows are shown.",
}
TOO_MANY = {
    "status": f"A filter can have at most {MOST_VALUES} statuses. All statuses are shown.",
    "campaign": f"A filter can have at most {MOST_VALUES} campaigns. All campaigns are shown.",
}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The filter in the address. `page` is 1-based; `order` is a field of a batch, with `-` in front for descending."""

    statuses: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    q: str = ""
    expiry: str = ""
    failing: bool = False
    order: str = DEFAULT_ORDER
    page: int = 1
    limit: int = LIMITS[0]

    @property
    def status(self) -> str:
        """The one status, "" for all or several."""
        return self.statuses[0] if len(self.statuses) == 1 else ""

    @property
    def campaign(self) -> str:
        """The one campaign, "" for all or several."""
        return self.campaigns[0] if len(self.campaigns) == 1 else ""

    @property
    def is_filtered(self) -> bool:
        return bool(self.statuses or self.campaigns or self.q or self.expiry or self.failing)

    @property
    def is_by_creation(self) -> bool:
        return self.order.removeprefix("-") == BY_CREATION

    @property
    def needs_watcher(self) -> bool:
        """Whether the API can neither filter nor sort like that."""
        return self.is_by_creation or self.view().needs_watcher

    @property
    def is_countable(self) -> bool:
        """Whether the API can count the batches of each status."""
        return not (self.expiry or self.failing or len(self.campaigns) > 1)

    @property
    def default_order(self) -> str:
        """The order where the address has none."""
        return _default_order(self.expiry)

    @property
    def unfiltered(self) -> "ListQuery":
        """The list of all batches, in the same order and page size."""
        return self.to(statuses=(), campaigns=(), q="", expiry="", failing=False)

    @property
    def first_page(self) -> "ListQuery":
        return self.to(page=1)

    def query(self) -> BatchQuery:
        """Return the same as a query to the API, as far as the API has words for it."""
        return BatchQuery(
            status=self.status,
            campaign_id=self.campaign,
            batch_id=self.q,
            order_by=self.order.removeprefix("-"),
            descending=self.order.startswith("-"),
            page=self.page - 1,
            limit=self.limit,
        )

    def view(self) -> SightingFilter:
        """Return the same as a filter of what the watcher saw."""
        return SightingFilter(self.statuses, self.campaigns, self.q, self.expiry, self.failing)

    def to(self, **changes: Any) -> "ListQuery":
        """Return the filter with `changes`, on the first page unless they name one.

        `status` and `campaign` are one of these, "" for all. A default order stays the default.
        """
        for one, several in (("status", "statuses"), ("campaign", "campaigns")):
            if one in changes:
                value = changes.pop(one)
                changes[several] = (value,) if value else ()
        if self.order == self.default_order and "expiry" in changes:
            changes.setdefault("order", _default_order(changes["expiry"]))
        return replace(self, **({"page": 1} | changes))

    @property
    def query_string(self) -> str:
        """The filter as the query of an address, after the `?`, without defaults."""
        chosen: list[tuple[str, Any]] = [("status", status) for status in self.statuses]
        chosen += [("campaign", campaign) for campaign in self.campaigns]
        chosen += [(name, value) for name, value in (("q", self.q), ("expiry", self.expiry)) if value]
        chosen += [("failing", "1")] if self.failing else []
        defaults = (("order", self.order, self.default_order), ("page", self.page, 1), ("limit", self.limit, LIMITS[0]))
        chosen += [(name, value) for name, value, default in defaults if value != default]
        return urlencode(chosen)

    def __str__(self) -> str:
        """Return the address as a link has it."""
        chosen = self.query_string
        return _list() + (f"?{chosen}" if chosen else "")


def read_list_query(params: QueryDict, abilities: Abilities) -> tuple[ListQuery, dict[str, str]]:
    """Read the filter from a query string; return it with a sentence, by name, for each part that could not be used.

    A status that the contract lacks is no mistake, nor is a campaign that is no number: the API may know more than its
    documents. A known status may be written in any case. `status` and `campaign` may be repeated.
    """
    accepts: dict[str, Callable[[str], bool]] = {
        "status": lambda text: text.isprintable() and len(text) <= LONGEST_STATUS,
        "campaign": lambda text: text.isprintable() and len(text) <= LONGEST_CAMPAIGN,
        "q": lambda text: text.isprintable() and len(text) <= LONGEST_SEARCH,
        "expiry": lambda text: text in Expiry,
        "failing": lambda text: text == "1",
        "order": lambda text: text.removeprefix("-") in (*abilities.order_by, BY_CREATION),
        "page": lambda text: 1 <= (whole_number(text) or 0) <= LARGEST_PAGE,
        "limit": lambda text: text in {str(limit) for limit in LIMITS},
    }
    usable: dict[str, list[str]] = {}
    problems: dict[str, str] = {}
    for name, accept in accepts.items():
        texts = [text for typed in params.getlist(name) if (text := typed.strip())]
        texts = texts if name in TOO_MANY else texts[-1:]
        if not all(map(accept, texts)):
            problems[name] = PROBLEMS[name]
        elif len(set(texts)) > MOST_VALUES:
            problems[name] = TOO_MANY[name]
        elif texts:
            usable[name] = texts
    return _typed(usable), problems


def _typed(usable: Mapping[str, list[str]]) -> ListQuery:
    """Return the filter of the values, which are all possible."""
    one: dict[str, Any] = {name: usable[name][0] for name in ("q", "expiry", "order") if name in usable}
    one.setdefault("order", _default_order(one.get("expiry", "")))
    one |= {name: int(usable[name][0]) for name in ("page", "limit") if name in usable}
    return ListQuery(
        statuses=tuple(dict.fromkeys(map(typed_status, usable.get("status", ())))),
        campaigns=tuple(dict.fromkeys(usable.get("campaign", ()))),
        failing="failing" in usable,
        **one,
    )


def _default_order(expiry: str) -> str:
    return EXPIRY_ORDER if expiry else DEFAULT_ORDER


@cache
def _list() -> str:
    # A page has 20 of these addresses, and computing this part would take most of the time of each.
    return reverse("batches:batch_list")
