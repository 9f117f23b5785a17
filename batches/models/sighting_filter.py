"""Which batches a list asks for, where only what the watcher saw can answer."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import models

# The most batches that an operation over such a list has.
MOST_FIXED = 5000


class Expiry(models.TextChoices):
    """When batches that are not over expire. TODAY is from now to the end of the reader's day."""

    HOUR = "hour", "Within 1 hour"
    TODAY = "today", "Today"
    PASSED = "passed", "Passed"


@dataclass(frozen=True, slots=True)
class SightingFilter:
    """Batches with any of `statuses` and of `campaigns`, empty for all; `q` is a part of the id.

    `expiry` is an `Expiry` or "". For `failing` see `selectors.sighting_query`.
    """

    statuses: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
    q: str = ""
    expiry: str = ""
    failing: bool = False

    @property
    def needs_watcher(self) -> bool:
        """Whether the API has no such filter."""
        return bool(self.expiry or self.failing or len(self.statuses) > 1 or len(self.campaigns) > 1)

    @property
    def keeps_to_campaign(self) -> bool:
        """Whether all of its batches belong to one campaign."""
        return len(self.campaigns) == 1

    def fields(self) -> dict[str, Any]:
        """Return what is asked for, as JSON holds it and as an address names it."""
        named = asdict(self) | {"statuses": list(self.statuses), "campaigns": list(self.campaigns)}
        names = {"statuses": "status", "campaigns": "campaign"}
        return {names.get(name, name): value for name, value in named.items() if value}
