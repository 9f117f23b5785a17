"""What every page shows of the trail and of the operations."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from batches.access import scope_of
from batches.selectors.operations import heads


def header(request: HttpRequest) -> dict[str, object]:
    """`heads` for the badges in the header; asked of the database only where a page shows it, and once."""
    return {"heads": SimpleLazyObject(lambda: heads(scope=scope_of(request.user)))}
