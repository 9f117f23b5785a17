"""What every page shows of the trail and of the operations."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from batches.access import scope_of
from batches.selectors.holds import ActiveHolds
from batches.selectors.operations import header_counts


def header(request: HttpRequest) -> dict[str, object]:
    """Return `header_counts` for the badges in the header, and `page_holds` for the bands of holds.

    Each queries the database only if a page uses it, and the holds only if there are any.
    """
    counts = SimpleLazyObject(lambda: header_counts(scope=scope_of(request.user)))
    holds = ActiveHolds(scope_of(request.user), are_there=lambda: bool(counts.holds))
    return {"header_counts": counts, "page_holds": holds}
