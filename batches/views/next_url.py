"""Where a write leads: a page that shows its outcome."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from django.urls import Resolver404, resolve, reverse

from batches.access import Scope
from batches.models import Change
from batches.selectors.operations import has_batch

# The web server refuses longer addresses.
LONGEST_ADDRESS = 4000


def next_page(asked_for: str, change: Change, *, scope: Scope) -> str:
    """Return a form's `next` address if it is a page of ours that shows the outcome of `change`.

    Returns the batch's own page otherwise. `asked_for` may be anything. The change is named in the query.
    """
    path, query = path_and_query(asked_for)
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "change"]
    address = f"{path}?{urlencode([*pairs, ('change', change.pk)])}"
    if _tells(path, change, scope) and len(address) <= LONGEST_ADDRESS:
        return address
    return f"{reverse('batches:batch', args=[change.batch_id])}?{urlencode({'change': change.pk})}"


def trail_address(asked_for: str) -> str:
    """Return a form's `next` address if it is a page of the trail, without the change it may tell; else ""."""
    path, query = path_and_query(asked_for)
    if path != reverse("batches:change_list") or len(asked_for) > LONGEST_ADDRESS:
        return ""
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "change"]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def path_and_query(address: str) -> tuple[str, str]:
    """Return both parts, "" if the address is not within this site."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "", ""
    return ("", "") if parts.scheme or parts.netloc else (parts.path, parts.query)


def _tells(path: str, change: Change, scope: Scope) -> bool:
    try:
        page = resolve(path)
    except Resolver404:
        return False
    is_own = page.view_name == "batches:batch" and page.kwargs["batch_id"] == change.batch_id
    if page.view_name == "batches:operation":
        return has_batch(page.kwargs["operation_id"], change.batch_id, scope=scope)
    if page.view_name == "batches:change":
        return page.kwargs["change_id"] == change.pk
    return is_own or page.view_name in ("batches:batch_list", "batches:campaign", "batches:change_list")
