"""The answer to a click on a row of a list: what came of the click, and the row as the batch is now."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone

from batches.access import EDIT, scope_of
from batches.selectors.batch import abilities
from batches.selectors.campaign_names import cached_campaign_names
from batches.selectors.sightings import listed_progress
from batches.services.changes.write import Result
from batches.views.batches import labels_of
from batches.views.decorators import UserRequest
from batches.views.list_query import ListQuery, read_list_query
from batches.views.list_rows import Row, RowMaker
from batches.views.next_url import path_and_query
from syllable.schemas import Batch


def one_row(request: UserRequest, result: Result) -> HttpResponse:
    """Return the outcome, and the row of the list that `next` leads to; no row where the batch could not be read.

    Costs no call, and works where the batch no longer matches the filter of that list.
    """
    back = request.POST.get("next", "")
    _, query = path_and_query(back)
    address, _ = read_list_query(QueryDict(query), abilities())
    context = {
        "notice": result.change,
        "next_address": back or None,
        "rows": [_row(request, address, result.batch)] if result.batch else [],
        "labels": labels_of(address, abilities()),
    }
    return render(request, "batches/_one_row.html", context)


def _row(request: UserRequest, address: ListQuery, batch: Batch) -> Row:
    scope = scope_of(request.user)
    maker = RowMaker(
        address=address,
        campaign_names=cached_campaign_names(scope=scope) or {},
        now=timezone.now(),
        has_actions=request.user.has_perm(EDIT),
        progress=listed_progress([batch.batch_id], scope=scope),
    )
    return maker.row(batch)
