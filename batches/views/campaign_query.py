"""The search and the order of the campaigns, which live in the page's address."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

DEFAULT_ORDER = "-running"
LONGEST_SEARCH = 200
# What a click on the head of a column sorts by first.
FIRST = {
    "name": "name",
    "running": "-running",
    "pending": "-pending",
    "failed": "-failed",
    "next_expiry": "next_expiry",
}
LABELS = {
    "-running": "Running batches, most first",
    "running": "Running batches, fewest first",
    "name": "Name, A to Z",
    "-name": "Name, Z to A",
    "-pending": "Still to reach, most first",
    "pending": "Still to reach, fewest first",
    "-failed": "Failed, highest share first",
    "failed": "Failed, lowest share first",
    "next_expiry": "First to expire",
    "-next_expiry": "Last to expire",
}
PROBLEMS = {
    "q": f"A search can have at most {LONGEST_SEARCH} visible characters. This search was ignored.",
    "order": "Campaigns cannot be sorted like that. The order is running batches, most first.",
}


@dataclass(frozen=True, slots=True)
class CampaignQuery:
    """What the address asks for: `q` is a part of a name, or an id."""

    q: str = ""
    order: str = DEFAULT_ORDER

    @property
    def is_default(self) -> bool:
        return self == CampaignQuery()

    def to(self, **changes: str) -> "CampaignQuery":
        """Return the same with `changes`."""
        return replace(self, **changes)

    def at(self, page: int) -> str:
        """Return the address of a page."""
        chosen = [("q", self.q, ""), ("order", self.order, DEFAULT_ORDER), ("page", page, 1)]
        query = urlencode([(name, value) for name, value, default in chosen if value != default])
        return reverse("batches:campaign_list") + (f"?{query}" if query else "")

    def __str__(self) -> str:
        """Return the address of the first page."""
        return self.at(1)


def read_campaign_query(params: QueryDict) -> tuple[CampaignQuery, dict[str, str]]:
    """Read the address; return it with a sentence, by name, for each part that could not be used."""
    q, order = params.get("q", "").strip(), params.get("order", "").strip() or DEFAULT_ORDER
    problems = {}
    if not q.isprintable() or len(q) > LONGEST_SEARCH:
        q, problems["q"] = "", PROBLEMS["q"]
    if order not in LABELS:
        order, problems["order"] = DEFAULT_ORDER, PROBLEMS["order"]
    return CampaignQuery(q, order), problems
