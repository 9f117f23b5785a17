"""The road for a write, once its change is started: read, compare, check, write, read back, finish."""

import time
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction

from batches import outcome_messages, rules
from batches.access import Scope
from batches.models import Change, Outcome
from batches.rules import Problem
from batches.services.changes.audit import change_ended
from batches.services.changes.guard import Guard, Reason
from batches.services.changes.reconcile import expiry_moved, saw
from batches.services.changes.steps import step_note
from common.clock import from_now
from syllable.client import SyllableClient
from syllable.contracts import Contract, Write
from syllable.errors import (
    Inexpressible,
    Invalid,
    NotSent,
    RateLimited,
    Refused,
    SyllableError,
    SyllableUnavailable,
    TimedOut,
)
from syllable.evidence import UNKNOWN
from syllable.exchanges import Exchange
from syllable.resilience.deadline import Deadline
from syllable.schemas import Batch, BatchEdit, BatchStatus

logger = structlog.get_logger(__name__)

# The length of a road in calls: a read, a write and a read-back.
CALLS_TIME = 3
# Clocks and schedulers are late: the share of its time that a writer gets on top before it counts as dead.
DEADLINE_MARGIN = 1 / 6
MOST_SENDS = 3
RESEND_PAUSE_SECONDS = 0.3


def road_seconds() -> float:
    """Return how long a write may take from its first read to its last: 30 seconds where a call may take 10."""
    return float(CALLS_TIME * settings.SYLLABLE_TIMEOUT)


def time_to_land() -> timedelta:
    """Return how long a writer may live, and how long after its sending an unanswered write may still be taken."""
    return timedelta(seconds=road_seconds() * (1 + DEADLINE_MARGIN))


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a write: the finished change, the batch as last read, and the problems by field.

    `error` is the API's last error. `is_locked` says that nothing was tried, because somebody else was changing the
    batch; `is_overtaken` that somebody else settled the change because its time had passed; `refused_for` why it was
    not to be sent.
    """

    change: Change
    batch: Batch | None = None
    problems: tuple[Problem, ...] = ()
    error: SyllableError | None = None
    is_locked: bool = False
    is_overtaken: bool = False
    refused_for: Reason | None = None

    @property
    def outcome(self) -> Outcome:
        return Outcome(self.change.outcome)

    @property
    def is_as_wanted(self) -> bool:
        """Whether the batch shows what was requested, by this change or already before."""
        return self.outcome in (Outcome.APPLIED, Outcome.UNCHANGED)


@dataclass(slots=True)
class Road:
    """The way of one started change, within the `scope` of its actor.

    `sent` is True once a write may have reached the API: nothing may be called "not sent" from then on. `in_doubt` is
    set once a write had no definite answer, so that it may be taken late. `sent_alone` says that the last write was the
    contract's fallback, `trouble` in words what went wrong last. `brief` makes a short try: so many seconds per call,
    and no repeat of calls that hung. `began` is the start by the monotonic clock. `contract` is the one by which the
    batch is written: each read before a write decides anew.
    """

    change: Change
    edit: BatchEdit
    client: SyllableClient
    scope: Scope
    began: float = field(default_factory=time.monotonic)
    deadline: Deadline = field(default_factory=lambda: Deadline(road_seconds()))
    batch: Batch | None = None
    contract: Contract = UNKNOWN
    paused_from: BatchStatus | None = None
    guard: Guard | None = None
    brief: float | None = None
    sent: bool = False
    in_doubt: bool = False
    sent_alone: bool = False
    trouble: str = ""
    error: SyllableError | None = None

    def __post_init__(self) -> None:
        self.client = self.client.watched(self._called)

    def walk(self) -> Result:
        """Go the whole way, within `road_seconds`. Repeats a round only if the last write was surely not taken."""
        for attempt in range(MOST_SENDS):
            if attempt:
                time.sleep(min(RESEND_PAUSE_SECONDS, self.deadline.remaining()))
            if result := self._read() or self._stop() or self._write():
                return result
        return self._finish(Outcome.UNCONFIRMED if self.sent else Outcome.NOT_SENT, self.trouble)

    def _read(self) -> Result | None:
        """Read the batch. After a write this is the read-back, and the change ends here if the batch shows it."""
        try:
            self.batch = self.client.get_batch(self.change.batch_id, deadline=self._deadline())
        except SyllableError as error:
            self.error = error
            outcome = Outcome.UNCONFIRMED if self.sent else Outcome.NOT_SENT
            return self._finish(outcome, self.trouble or error.sentence)
        saw(self.change, self.batch, at=self._now())
        if self.sent and self._shown(self.batch):
            return self._applied()
        return None

    def _stop(self) -> Result | None:
        """Return whatever prevents a write of the batch as it was just read."""
        batch = self._batch()
        if not self.scope.covers(batch.campaign_id):
            return replace(
                self._refuse(Outcome.NOT_SENT, outcome_messages.BATCH_OUT_OF_SCOPE), refused_for=Reason.OUTSIDE
            )
        try:
            self.contract = self.client.contracts.to_write(batch)
        except Inexpressible as error:
            self.error = error
            return self._refuse(Outcome.NOT_SENT, error.sentence)
        problems = rules.problems(
            batch,
            self.edit,
            abilities=self.contract.abilities,
            now=self._now(),
            paused_from=self.paused_from,
        )
        if self._shown(batch) and not problems:
            return self._refuse(Outcome.UNCHANGED, outcome_messages.ALREADY_SET)
        if rules.clashes(self.change.loaded or {}, batch, self.edit):
            return self._refuse(Outcome.CONFLICT, outcome_messages.BATCH_CHANGED)
        if problems:
            return self._refuse(Outcome.NOT_SENT, " ".join(problem.message for problem in problems), tuple(problems))
        if self.guard and (refusal := self.guard(batch)):
            return replace(self._refuse(Outcome.NOT_SENT, refusal.sentence), refused_for=refusal.reason)
        return None

    def _write(self) -> Result | None:
        """Send the write once. Returns None where another round may help: it did not arrive, or was not taken."""
        batch, now = self._batch(), self._now()
        try:
            write = self.contract.write(batch, self.edit, by=self.change.actor_email, now=now)
        except Inexpressible as error:
            return self._refuse(Outcome.NOT_SENT, error.sentence)
        if not self.sent:
            self.change.before = batch.raw
            self.change.after = self.contract.after(batch, self.edit, now=now)
        # In doubt until answered, even if nobody lives to see the answer.
        read = ("campaign_id", "campaign_name", "before", "after", "seen", "seen_at", "steps")
        if not self._save(*read, in_doubt_until=from_now(time_to_land())):
            return self._overtaken()
        try:
            answer = self._send(write)
        except (NotSent, RateLimited) as error:
            return self._wait_out(error)
        except Refused as error:
            return self._refused(error)
        except SyllableUnavailable as error:
            self.sent, self.in_doubt, self.trouble, self.error = True, True, error.sentence, error
            if self.brief is not None and isinstance(error, TimedOut):
                return self._read() or self._finish(Outcome.UNCONFIRMED, self.trouble)
            return self._read()
        self.sent, self.trouble = True, outcome_messages.NOT_SHOWN
        if answer is not None and self.sent_alone:
            answer = self._looked_at(answer)
        if answer is None or not self._shown(answer):
            return self._read()
        self.batch = answer
        saw(self.change, answer, at=self._now())
        return self._applied()

    def _refused(self, error: Refused) -> Result | None:
        """Return the end of the change; None where another round may help: the API speaks another contract by now."""
        self.trouble, self.error = error.sentence, error
        if self.sent:
            # A refusal of the repeat says nothing about the write before it, which may have caused it.
            return self._read() or self._finish(Outcome.UNCONFIRMED, self.trouble)
        if self.client.speaks_another(self.contract, self.change.batch_id, deadline=self._deadline()):
            return None
        return self._finish(Outcome.REJECTED, self.trouble, _problems_of(error))

    def _send(self, write: Write) -> Batch | None:
        """Send the write or, if the API refuses the input, the contract's fallback. Raises SyllableError."""
        self.sent_alone = False
        try:
            return self.client.send(write, request_id=self.change.request_id, deadline=self._deadline())
        except Invalid:
            fallback = self.contract.fallback(self._batch(), self.edit)
            if fallback is None:
                raise
        self.sent_alone = True
        return self.client.send(fallback, request_id=self.change.request_id, deadline=self._deadline())

    def _looked_at(self, answer: Batch) -> Batch:
        """Return the batch after the fallback, which may have changed what it left out; `answer` if the read fails."""
        try:
            return self.client.get_batch(self.change.batch_id, deadline=self.deadline)
        except SyllableError:
            return answer

    def _wait_out(self, error: NotSent | RateLimited) -> Result | None:
        """Wait as long as the API asked, as the write was surely not taken; stop if that exceeds the time left."""
        self.trouble, self.error = error.sentence, error
        wait = (error.retry_after or 0.0) if isinstance(error, RateLimited) else 0.0
        if wait >= self.deadline.remaining():
            return self._refuse(Outcome.NOT_SENT, self.trouble)
        time.sleep(wait)
        return None

    def _applied(self) -> Result:
        details = (outcome_messages.PAUSE_SENT_ALONE if self.sent_alone else "", expiry_moved(self.change))
        return self._finish(Outcome.APPLIED, " ".join(filter(None, details)))

    def _refuse(self, outcome: Outcome, detail: str, problems: tuple[Problem, ...] = ()) -> Result:
        """Stop before a write. Once an earlier one may have arrived, only "not confirmed" is true."""
        if self.sent:
            return self._finish(Outcome.UNCONFIRMED, self.trouble)
        return self._finish(outcome, detail, problems)

    def _finish(self, outcome: Outcome, detail: str = "", problems: tuple[Problem, ...] = ()) -> Result:
        self.change.outcome = outcome
        self.change.detail = detail
        self.change.settled_at = None if outcome == Outcome.UNCONFIRMED else self._now()
        answered = {} if self.in_doubt else {"in_doubt_until": None}
        learned = ("campaign_id", "campaign_name", "outcome", "detail", "settled_at", "seen", "seen_at", "steps")
        # Both or neither: without its entry the row stays started, and is settled later.
        with transaction.atomic():
            is_mine = self._save(*learned, **answered)
            if is_mine:
                change_ended(self.change)
        if not is_mine:
            return self._overtaken()
        logger.info("change_finished", change=self.change.pk, outcome=str(outcome), origin=self.change.origin)
        return Result(self.change, self.batch, problems, self.error)

    def _save(self, *fields: str, **values: Any) -> bool:
        """Update the row unless somebody else settled it because its deadline had passed."""
        mine = Change.objects.filter(pk=self.change.pk, outcome=Outcome.STARTED)
        return mine.update(**{name: getattr(self.change, name) for name in fields}, **values) == 1

    def _overtaken(self) -> Result:
        logger.warning("change_overtaken", change=self.change.pk)
        self.change.refresh_from_db()
        return Result(self.change, self.batch, is_overtaken=True)

    def _called(self, exchange: Exchange) -> None:
        step_note(self.change, exchange, at=self._at(exchange.began))

    def _now(self) -> datetime:
        return self._at(time.monotonic())

    def _at(self, moment: float) -> datetime:
        """Return a monotonic moment by the clock of the database: when it started the change, plus the time since."""
        return self.change.started_at + timedelta(seconds=moment - self.began)

    def _deadline(self) -> Deadline:
        return self.deadline if self.brief is None else self.deadline.capped(self.brief)

    def _batch(self) -> Batch:
        assert self.batch is not None, "the batch is read first"
        return self.batch

    def _shown(self, batch: Batch) -> bool:
        return self.client.contracts.of(batch.spoken_contract, otherwise=self.contract).shows(batch, self.edit)


def _problems_of(error: Refused) -> tuple[Problem, ...]:
    """Return the entries of a 422 by form field; entries about no such field go to the form as a whole."""
    if not isinstance(error, Invalid):
        return ()
    return tuple(Problem(entry.field if entry.field in rules.EDITABLE else "", entry.msg) for entry in error.fields)
