"""What the pages of one batch read."""

from dataclasses import dataclass, field

from batches.access import Scope
from batches.connection import syllable_client
from batches.models import Change, Outcome
from batches.selectors.campaigns import campaign_name
from batches.selectors.changes import HISTORY_LENGTH, batch_history
from batches.selectors.reader import reader
from syllable.contracts import check_contract
from syllable.errors import SyllableError, WrongContract
from syllable.schemas import Abilities, Batch, BatchStatus


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A batch as Syllable gives it now, or the error that it gave instead; the history is ours and always there.

    `wrong_contract` is set where the answer speaks another contract than the one in use: it can be looked at only.
    """

    scope: Scope
    batch: Batch | None
    error: SyllableError | None
    campaign_name: str
    history: list[Change] = field(default_factory=list)
    wrong_contract: WrongContract | None = None

    @property
    def last_applied(self) -> Change | None:
        """The newest change of ours that Syllable confirmed."""
        return next((change for change in self.history if change.outcome == Outcome.APPLIED), None)

    @property
    def paused_from(self) -> BatchStatus | None:
        """As `ChangeQuerySet.paused_from`, asked of the database only where the history does not reach far enough."""
        if self.last_applied:
            return self.last_applied.paused_from
        if self.batch is None or len(self.history) < HISTORY_LENGTH:
            return None
        return paused_from(self.batch.batch_id, scope=self.scope)


def batch_page(batch_id: str, *, scope: Scope) -> BatchPage:
    """The page of a batch. Costs the API one GET, and the campaigns where they are not cached."""
    history = list(batch_history(batch_id, scope=scope))
    try:
        batch = batch_now(batch_id, scope=scope)
    except SyllableError as error:
        return BatchPage(scope, None, error, "", history)
    name = campaign_name(batch.campaign_id, scope=scope)
    return BatchPage(scope, batch, None, name, history, _wrong_contract(batch))


def batch_now(batch_id: str, *, scope: Scope) -> Batch:
    """The batch as it is at Syllable now. Raises SyllableError."""
    return reader(scope).get_batch(batch_id)


def _wrong_contract(batch: Batch) -> WrongContract | None:
    try:
        check_contract(syllable_client().contract, batch)
    except WrongContract as error:
        return error
    return None


def abilities() -> Abilities:
    """What the contract in use can express."""
    return syllable_client().contract.abilities


def paused_from(batch_id: str, *, scope: Scope) -> BatchStatus | None:
    """See `ChangeQuerySet.paused_from`."""
    return scope.limit(Change.objects.all()).paused_from(batch_id)
