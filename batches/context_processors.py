"""What every page shows of the trail and of the operations."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from batches.access import scope_of
from batches.selectors.operations import header_counts


def header(request: HttpRequest) -> dict[str, object]:
    """Return `header_counts` for the badges in the header. It queries the database once, and only if a page uses it."""
    return {"header_counts": SimpleLazyObject(lambda: header_counts(scope=scope_of(request.user)))}
