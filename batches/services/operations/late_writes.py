"""Late writes: what others may still do to the batches of a stop, by writes under way or in doubt."""

from dataclasses import dataclass, field

from django.db.models import Exists, Max, OuterRef, Q
from django.db.models.functions import Now

from batches import rules
from batches.api_client import syllable_client
from batches.models import STOPPING, Change, ChangeQuerySet, ItemState, Operation, OperationItem
from batches.services.operations.outage import check_answers
from batches.services.operations.targets import is_listed, undoes_resume
from syllable.errors import NotFound, SyllableError
from syllable.resilience.bulkhead import Lane

ENDED = (ItemState.DONE, ItemState.SKIPPED)


@dataclass(slots=True)
class LateWrites:
    """Writes of others without an answer, which may land late and restart a batch that this operation stopped.

    A stop waits for these writes. They are those under way when the worker started, which may reach a batch that its
    list skipped, and those begun later, but before the stop's own change of the same batch. A write begun after that is
    somebody's decision. `looked_at` are the changes whose batch was read again after their time.
    """

    operation: Operation
    newest: int | None = None
    looked_at: set[int] = field(default_factory=set)

    def begin(self) -> None:
        """Note, once, which writes are under way when the worker starts."""
        if self.newest is None:
            self.newest = Change.objects.aggregate(newest=Max("pk"))["newest"] or 0

    def under_way(self) -> int:
        """Return how many writes may still land."""
        if not self.operation.is_stopping:
            return 0
        return self._others().under_way().filter(Q(pk__lte=self.newest) | self._has_ended_item()).count()

    def to_look_at(self) -> list[Change]:
        """Return writes that may have landed, or may still, after this operation ended the item of their batch."""
        if not self.operation.is_stopping:
            return []
        late = self._others().filter(self._has_ended_item(), in_doubt_until__gt=self.operation.started_at)
        return list(late.exclude(pk__in=self.looked_at))

    def forget(self, change: Change) -> None:
        """Stop looking at the batch of a change: the write cannot land any more."""
        self.looked_at.add(change.pk)

    def _others(self) -> ChangeQuerySet:
        others = Change.objects.exclude(operation=self.operation).exclude(operation__kind__in=STOPPING)
        if undoes_resume(self.operation):
            return others.filter(operation=self.operation.undoes_id)
        if not is_listed(self.operation):
            return others.filter(batch_id__in=self.operation.items.values("batch_id"))
        if self.operation.campaign_id is not None:
            # The campaign of a batch that has not been read is unknown.
            return others.filter(Q(campaign_id=self.operation.campaign_id) | Q(campaign_id=None))
        return others

    def _has_ended_item(self) -> Exists:
        return Exists(
            OperationItem.objects.filter(
                operation=self.operation,
                batch_id=OuterRef("batch_id"),
                change_id__gt=OuterRef("pk"),
                state__in=ENDED,
            )
        )


def look_again(change: Change, *, operation: Operation) -> bool:
    """Read the batch of a late write; return True if no other look is needed.

    Reopens the batch's item if the batch contacts people again, or cannot be read. Raises ApiSilent if the API answers
    nobody.
    """
    client, edit = syllable_client(Lane.OPERATIONS), operation.edit
    is_last = Change.objects.filter(pk=change.pk, in_doubt_until__lte=Now()).exists()
    try:
        batch = client.get_batch(change.batch_id)
        shows = client.contracts.of(batch.spoken_contract).shows(batch, edit)
        is_calling = not shows and batch.status in rules.eligible(edit)
    except NotFound:
        is_calling = False
    except SyllableError as error:
        check_answers(error)
        is_calling = True
    if is_calling:
        _reopen(change, operation)
    return is_last


def _reopen(change: Change, operation: Operation) -> None:
    """Have the batch of `change` written again, unless somebody has decided about it since."""
    for item in operation.items.filter(batch_id=change.batch_id, state__in=ENDED):
        since = Change.objects.of_batch(item.batch_id).may_have_written().exclude(operation=operation)
        if not since.filter(pk__gt=item.change_id).exists():
            anew = {"state": ItemState.WAITING, "detail": "", "attempts": 0, "finished_at": None, "reopened": True}
            OperationItem.objects.filter(pk=item.pk, state=item.state).update(**anew)
