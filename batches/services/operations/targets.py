"""Which batches an operation is about: its items."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from http import HTTPStatus

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Now

from batches import rules
from batches.access import Scope, scope_behind
from batches.api_client import syllable_client
from batches.converters import has_address
from batches.models import (
    Change,
    ChangeQuerySet,
    ItemState,
    Kind,
    Operation,
    OperationItem,
    Origin,
    Outcome,
    TargetScope,
)
from syllable.client import SyllableClient
from syllable.contracts import Contract
from syllable.errors import KeyRefused, Refused, SyllableError
from syllable.evidence import UNKNOWN
from syllable.paging import pages
from syllable.resilience.bulkhead import Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import Batch, BatchQuery, BatchStatus, Page

ROWS_PER_PAGE = 100
# An API with endless lists must not keep an operation from ending.
MOST_PAGES = 2000


def is_listed(operation: Operation) -> bool:
    """Return whether the batches have to be listed; otherwise all items were created at the start."""
    if operation.scope == TargetScope.SELECTION:
        return undoes_resume(operation)
    return operation.kind != Kind.RESUME or operation.scope == TargetScope.FILTER


def undoes_resume(operation: Operation) -> bool:
    """Return whether the batches are those that a resume may have started."""
    return operation.is_stopping and operation.undoes_id is not None


def operation_find(operation: Operation) -> int:
    """Create items for the batches of the operation that can be touched; return how many are new.

    Writes meanwhile move the pages of a list, so repeat this until it returns 0. Raises SyllableError.
    """
    if operation.undoes and undoes_resume(operation):
        return _find_resumed(operation, operation.undoes)
    client = syllable_client(Lane.OPERATIONS)
    return sum(add_items(operation, batches) for batches in _listed(client, operation))


def skipped_statuses(operation: Operation) -> tuple[tuple[BatchStatus, ...], tuple[BatchStatus, ...]]:
    """Return the statuses of batches in scope that need no write: the one that the operation sets, and the others.

    Count the first before anything is written, as each write adds to it.
    """
    if undoes_resume(operation):
        return (), ()
    query, edit = operation.target.query, operation.edit
    statuses = syllable_client(Lane.OPERATIONS).contract.abilities.statuses
    skipped = [status for status in statuses if status not in rules.eligible(edit) and query.status in ("", status)]
    as_wanted = tuple(status for status in skipped if status == edit.status)
    return as_wanted, tuple(status for status in skipped if status != edit.status)


def count_skipped(operation: Operation, status: BatchStatus, *, patience: float) -> int:
    """Return the number of the operation's batches with this status, within `patience` seconds.

    Raises SyllableError.
    """
    query = replace(operation.target.query, status=status, limit=1)
    return syllable_client(Lane.OPERATIONS).list_batches(query, deadline=Deadline(patience)).total_count or 0


def add_items(operation: Operation, batches: Iterable[Batch]) -> int:
    """Create items for batches that the operation does not have yet; return how many."""
    ids = [batch.batch_id for batch in batches if has_address(batch.batch_id)]
    known = set(operation.items.filter(batch_id__in=ids).values_list("batch_id", flat=True))
    new = [
        OperationItem(operation=operation, batch_id=batch_id)
        for batch_id in dict.fromkeys(ids)
        if batch_id not in known
    ]
    # Another worker that left the operation may still be listing.
    OperationItem.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def may_be_calling(resume: Operation) -> dict[str, int]:
    """Return the batches that a resume has started, or may have, each with the resume's newest change of it."""
    return dict(resume.changes.may_have_written().order_by("pk").values_list("batch_id", "pk"))


def _find_resumed(operation: Operation, resume: Operation) -> int:
    """Add what the resume wrote after the items were created, by a write under way when it was ended.

    Also reopen items that showed as paused while a write of the resume could still land.
    """
    known = set(operation.items.values_list("batch_id", flat=True))
    new = {batch_id: change for batch_id, change in may_be_calling(resume).items() if batch_id not in known}
    OperationItem.objects.bulk_create(
        OperationItem(operation=operation, batch_id=batch_id, undoes_id=change) for batch_id, change in new.items()
    )
    landed_since = resume.changes.may_have_written().filter(
        batch_id=OuterRef("batch_id"), deadline_at__gt=OuterRef("finished_at"), deadline_at__lte=Now()
    )
    again = operation.items.filter(Exists(landed_since), state=ItemState.SKIPPED)
    return len(new) + again.update(state=ItemState.WAITING, detail="", finished_at=None)


def _listed(client: SyllableClient, operation: Operation) -> Iterator[list[Batch]]:
    """Yield the batches that can be touched, by page and status: there may be many more that have ended.

    Statuses that only another contract has are asked for where answers decide which one the API speaks. These come
    last, because the API may fail at them.
    """
    meant, scope = operation.target.query, scope_behind(operation)
    statuses = rules.eligible(operation.edit) & set(client.contracts.statuses)
    known = client.contract.abilities.statuses
    # Batches that contact people now come first.
    for status in sorted(statuses, key=lambda status: (status not in known, status is not BatchStatus.ACTIVE)):
        if meant.status not in ("", status):
            continue
        query = replace(meant, status=status, order_by="batch_id", limit=ROWS_PER_PAGE)
        try:
            for page in pages(partial(_page, client, query), most=MOST_PAGES):
                yield [batch for batch in page.items if _is_meant(batch, query, scope)]
        except SyllableError as error:
            if not _is_unknown_there(status, client.contract, error):
                raise


def _is_unknown_there(status: BatchStatus, contract: Contract, error: SyllableError) -> bool:
    """Return whether the API failed at a status because its contract has none such; no document says how it fails.

    A failure of the API itself is no such answer while the contract is not known.
    """
    if status in contract.abilities.statuses or isinstance(error, KeyRefused):
        return False
    has_failed = error.status_code == HTTPStatus.INTERNAL_SERVER_ERROR and contract is not UNKNOWN
    return isinstance(error, Refused) or has_failed


def _page(client: SyllableClient, query: BatchQuery, number: int) -> Page[Batch]:
    return client.list_batches(replace(query, page=number))


def _is_meant(batch: Batch, query: BatchQuery, scope: Scope) -> bool:
    """Return whether a batch matches: an API that ignores a filter must not add other people's batches."""
    of_campaign = query.campaign_id in ("", str(batch.campaign_id)) and scope.covers(batch.campaign_id)
    return of_campaign and query.batch_id.casefold() in batch.batch_id.casefold() and batch.status == query.status


def paused_by_operations(campaign_id: int) -> ChangeQuerySet:
    """Return pauses by operations in a campaign that are still their batch's newest change: what a resume undoes."""
    newest = Change.objects.may_have_written().filter(batch_id=OuterRef("batch_id")).order_by("-pk").values("pk")[:1]
    return Change.objects.filter(
        campaign_id=campaign_id,
        operation__kind=Kind.PAUSE,
        origin__in=(Origin.OPERATION, Origin.HOLD),
        outcome=Outcome.APPLIED,
        pk=Subquery(newest),
    )


def is_newest(change: Change, *, apart_from: Operation) -> bool:
    """Return whether nothing but `apart_from` may have written the batch since `change`."""
    since = Change.objects.of_batch(change.batch_id).may_have_written().exclude(operation=apart_from)
    return since.values_list("pk", flat=True).first() == change.pk
