"""One turn of the watcher: what it reads in the time until the next one, and how far looks have come."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from batches.models import Sighting, WatchState
from batches.services.watch.answer import BatchAnswer
from batches.services.watch.calls import Calls, Failures
from batches.services.watch.departure import Departure, LeaseLost, TurnOver
from batches.services.watch.sight import batches_sight
from batches.services.watch.totals import totals_update
from syllable.client import SyllableClient
from syllable.errors import KeyRefused, NotFound, RateLimited, SyllableError
from syllable.schemas import Batch, BatchQuery, Page, result_counts

ROWS_PER_PAGE = 100
# An API with endless lists must not keep a look from ending.
MOST_PAGES = 5000
# The API gives all results of a batch at once. Of a larger one, what is CONNECTED counts as under way.
MOST_RESULTS = 2000
# Batches that are to be read by themselves, as a list is not believed.
MOST_DOUBTFUL = 5000


@dataclass(slots=True)
class Turn:
    """What the jobs of a turn share. `campaigns` are those whose totals have to be recomputed.

    `kept` is what jobs keep in memory for the turns of this process that follow.
    `done` are batches that were read by themselves in this turn, or cannot be; `unknown` those of which the API says
    that it does not know them. `has_paused` says that a pause was queued for what runs under a hold.
    """

    state: WatchState
    calls: Calls
    failures: Failures
    began: datetime
    kept: dict[str, Any]
    campaigns: set[int | None] = field(default_factory=set)
    done: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    has_paused: bool = False

    @property
    def position(self) -> dict[str, Any]:
        """How far looks have come, as JSON can hold it."""
        position: dict[str, Any] = self.state.position
        return position

    @property
    def doubtful(self) -> list[str]:
        """Batches that a list showed as it is not believed, and that were not read by themselves since."""
        return list(self.position.get("doubtful", ()))

    def page(self, query: BatchQuery) -> tuple[Page[Batch], Departure]:
        """Read a page of batches. Raises TurnOver and SyllableError."""
        return self.calls.make(lambda client: client.list_batches(query))

    def keep(self, batches: Iterable[Batch], departure: Departure) -> None:
        """Keep what a list shows, together with the position."""
        self._keep(map(BatchAnswer.of, batches), departure)

    def _keep(self, answers: Iterable[BatchAnswer], departure: Departure) -> None:
        found = batches_sight(answers, departure=departure, lease=self.calls.lease, also=self.save_position)
        self.campaigns |= found.campaigns
        if found.doubtful - self.done:
            # Read when the lists are: many at once must not keep the lists from being read.
            self.position["doubtful"] = sorted({*self.doubtful, *found.doubtful})[:MOST_DOUBTFUL]
            self.save_position()

    def read(
        self, batch_id: str, *, for_stop: bool = False, with_results: bool = False
    ) -> tuple[BatchAnswer, Departure] | None:
        """Read one batch by itself, keep what was read, and return it; None for a batch that cannot be read.

        The results come along for a batch of up to MOST_RESULTS requests. A batch that cannot be read is left alone for
        a while. Raises SyllableError if that says more than of the batch.
        """
        self.done.add(batch_id)

        def ask(client: SyllableClient) -> Batch:
            return client.get_batch(batch_id)

        try:
            batch, departure = self.calls.make(ask, for_stop=for_stop)
        except NotFound:
            self.unknown.add(batch_id)
            self._is_read(batch_id)
            return None
        except (KeyRefused, RateLimited):
            raise
        except SyllableError as error:
            self.failures.note(batch_id, error)
            return None
        self.failures.end()
        answer = BatchAnswer.of(batch, is_alone=True)
        kept = self._keep_counted(answer, departure, with_results=with_results, for_stop=for_stop)
        self._is_read(batch_id)
        return kept, departure

    def _is_read(self, batch_id: str) -> None:
        """Forget that a list was not believed."""
        if batch_id in self.doubtful:
            self.position["doubtful"] = [one for one in self.doubtful if one != batch_id]

    def _keep_counted(
        self, answer: BatchAnswer, departure: Departure, *, with_results: bool, for_stop: bool
    ) -> BatchAnswer:
        """Keep a batch and return it, with its results if wanted.

        The results count its requests where the batch itself does not tell which are under way. Without results the
        counts of such a batch stay as they were, and everything else is kept.
        """
        batch, counts = answer.batch, answer.counts
        if counts is None or counts.total > MOST_RESULTS or not (with_results or counts.untold):
            self._keep([answer], departure)
            return answer
        try:
            page, _ = self.calls.make(lambda client: client.list_results(batch.batch_id), for_stop=for_stop)
        except (TurnOver, SyllableError) as error:
            answer = answer.uncounted if counts.untold else answer
            self._keep([answer], departure)
            if isinstance(error, TurnOver | RateLimited):
                raise
            self.failures.note(batch.batch_id, error)
            return answer
        answer = answer._replace(counts=result_counts(page.items) if counts.untold else counts, results=page.items)
        self._keep([answer], departure)
        return answer

    def gone(self, batch_id: str) -> None:
        """Note that neither a list nor the batch's own answer has the batch any more."""
        with transaction.atomic():
            if not self.calls.lease.keep():
                raise LeaseLost
            rows = Sighting.objects.filter(batch_id=batch_id, gone_at=None)
            self.campaigns |= set(rows.values_list("campaign_id", flat=True))
            rows.update(gone_at=self.calls.clock.now(), pace=None)

    def can_be_read(self, batch_id: str) -> bool:
        """Return whether a batch was not read in this turn, and does not fail."""
        return batch_id not in self.done and batch_id not in self.failures

    def save_position(self) -> None:
        """Write how far looks have come."""
        WatchState.objects.filter(pk=self.state.pk).update(position=self.state.position)

    def end(self) -> None:
        """Bring the totals up to date. Raises LeaseLost."""
        totals_update(self.campaigns, at=self.calls.clock.now(), lease=self.calls.lease)
        self.campaigns.clear()


Job = Callable[[Turn], Iterable[None]]
