"""The filter of the batch list, which lives in the page's address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from common.numbers import whole_number
from syllable.schemas import Abilities, BatchQuery, typed_status

# As text: 20250117.9 comes before 20250117.18. The API cannot sort by creation time.
DEFAULT_ORDER = "-batch_id"
LIMITS = (25, 50, 100)
LONGEST_STATUS = 50
LONGEST_CAMPAIGN = 200
LONGEST_SEARCH = 200
LARGEST_PAGE = 1_000_000
PROBLEMS = {
    "status": "No batch can have the status in this address. All statuses are shown.",
    "campaign": "No campaign can have the id in this address. All campaigns are shown.",
    "q": f"A search can have at most {LONGEST_SEARCH} visible characters. This search was ignored.",
    "order": "The list cannot be sorted like that. The order is batch id, Z to A.",
    "page": "Page numbers start at 1. Page 1 is shown.",
    "limit": f"A page can have {LIMITS[0]}, {LIMITS[1]} or {LIMITS[2]} rows. {LIMITS[0]} rows are shown.",
}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The filter in the address. `page` is 1-based; `order` is a field of the API, with `-` in front for descending."""

    status: str = ""
    campaign: str = ""
    q: str = ""
    order: str = DEFAULT_ORDER
    page: int = 1
    limit: int = LIMITS[0]

    @property
    def is_filtered(self) -> bool:
        return bool(self.status or self.campaign or self.q)

    @property
    def unfiltered(self) -> "ListQuery":
        """The list of all batches, in the same order and page size."""
        return ListQuery(order=self.order, limit=self.limit)

    @property
    def first_page(self) -> "ListQuery":
        return self.to(page=1)

    def query(self) -> BatchQuery:
        """Return the same as a query to the API."""
        return BatchQuery(
            status=self.status,
            campaign_id=self.campaign,
            batch_id=self.q,
            order_by=self.order.removeprefix("-"),
            descending=self.order.startswith("-"),
            page=self.page - 1,
            limit=self.limit,
        )

    def to(self, **changes: Any) -> "ListQuery":
        """Return the filter with `changes`, on the first page unless they name one."""
        return replace(self, **({"page": 1} | changes))

    @property
    def query_string(self) -> str:
        """The filter as the query of an address, after the `?`, without defaults."""
        chosen = {field.name: value for field in fields(self) if (value := getattr(self, field.name)) != field.default}
        return urlencode(chosen)

    def __str__(self) -> str:
        """Return the address as a link has it."""
        chosen = self.query_string
        return _list() + (f"?{chosen}" if chosen else "")


def read_list_query(params: Mapping[str, Any], abilities: Abilities) -> tuple[ListQuery, dict[str, str]]:
    """Read the filter from a query string; return it with a sentence, by name, for each part that could not be used.

    A status that the contract lacks is no mistake, nor is a campaign that is no number: the API may know more than its
    documents. A known status may be written in any case.
    """
    accepts: dict[str, Callable[[str], bool]] = {
        "status": lambda text: text.isprintable() and len(text) <= LONGEST_STATUS,
        "campaign": lambda text: text.isprintable() and len(text) <= LONGEST_CAMPAIGN,
        "q": lambda text: text.isprintable() and len(text) <= LONGEST_SEARCH,
        "order": lambda text: text.removeprefix("-") in abilities.order_by,
        "page": lambda text: 1 <= (whole_number(text) or 0) <= LARGEST_PAGE,
        "limit": lambda text: text in {str(limit) for limit in LIMITS},
    }
    usable: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, accept in accepts.items():
        text = str(params.get(name, "")).strip()
        if text and accept(text):
            usable[name] = int(text) if name in ("page", "limit") else text
        elif text:
            problems[name] = PROBLEMS[name]
    if "status" in usable:
        usable["status"] = typed_status(usable["status"])
    return ListQuery(**usable), problems


@cache
def _list() -> str:
    # A page has 20 of these addresses, and computing this part would take most of the time of each.
    return reverse("batches:batch_list")
