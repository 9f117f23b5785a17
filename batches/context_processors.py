"""What every page shows of the trail."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from batches.selectors.changes import unsettled_count


def unsettled(request: HttpRequest) -> dict[str, object]:
    """`unsettled_count` for the badge in the header; asked of the database only where a page shows it."""
    return {"unsettled_count": SimpleLazyObject(unsettled_count)}
