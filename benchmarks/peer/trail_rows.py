"""Three years of a trail as rows: what people decided, the changes of it, and what they did beside."""

import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any, NamedTuple

YEARS = timedelta(days=3 * 365)
CAMPAIGNS = 30
BATCHES = 20_000
BATCHES_OF_OPERATION = 200
# Of all entries: changes of operations, and changes of one batch alone. The others are what people do beside writing.
OF_OPERATIONS, ALONE = 0.6, 0.2
# An outage at the end left these unconfirmed; older ones were settled by a look.
LEFT_OPEN = 0.03
KINDS = ("pause", "pause", "pause", "resume", "resume", "expiry", "rate", "cancel")
# Each as often as it is here.
OUTCOMES = (
    *["applied"] * 174,
    *["unchanged"] * 8,
    *["rejected", "conflict"] * 5,
    *["unconfirmed"] * 4,
    *["not_sent"] * 3,
    "observed",
)
ACTS = (
    *["logged_in"] * 8,
    *["logged_out"] * 5,
    *["targets_seen"] * 4,
    *["login_failed"] * 2,
    "exported",
    "refused",
)
REASONS = (
    *[""] * 4,
    "Wrong list",
    "Too many calls at once",
    "The customer asked for it, by phone",
    "Holiday in Berlin",
)
EDITS = {
    "pause": {"status": "PAUSED"},
    "resume": {"status": "ACTIVE"},
    "cancel": {"status": "CANCELED", "deleted_reason": "Wrong list"},
    "expiry": {"expires_on": "2027-03-01T18:00:00"},
    "rate": {"call_rate": 120},
}
# The columns of the rows.
ENTRY = (
    "at",
    "action",
    "actor_id",
    "actor_email",
    "address",
    "request_id",
    "batch_id",
    "campaign_id",
    "campaign_name",
    "operation_id",
    "change_id",
    "person_id",
    "person_email",
    "kind",
    "is_undo",
    "outcome",
    "origin",
    "reason",
    "body",
)
CHANGE = (
    "id",
    "batch_id",
    "campaign_id",
    "campaign_name",
    "actor_id",
    "actor_email",
    "origin",
    "request_id",
    "address",
    "web_request_id",
    "operation_id",
    "edit",
    "reason",
    "loaded",
    "before",
    "after",
    "seen",
    "steps",
    "outcome",
    "detail",
    "started_at",
    "deadline_at",
    "looks",
    "settled_at",
)


class Person(NamedTuple):
    """Somebody with an account."""

    pk: int
    email: str


class Decision(NamedTuple):
    """An operation: who does what to some batches of a campaign."""

    pk: int
    actor: Person
    kind: str
    campaign: int


@dataclass
class Past:
    """The rows, in the order of time. `changes` gathers those of the entries given so far, until somebody takes them.

    Nothing depends on chance: the same number of entries gives the same rows, but for their moments.
    """

    entries: int
    people: Sequence[Person]
    operations: Sequence[Decision]
    until: datetime
    changes: list[tuple[Any, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = Random(11)  # noqa: S311 - nothing is secret here
        self._number = self._change = 0
        self._unconfirmed: deque[tuple[Any, ...]] = deque()

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Return the rows of the entries, as ENTRY names their columns."""
        alone = round(self.entries * ALONE)
        beside = self.entries - alone - len(self.operations) * (BATCHES_OF_OPERATION + 2)
        order: list[Decision | bool] = [*self.operations, *[True] * alone, *[False] * beside]
        self._random.shuffle(order)
        for what in order:
            if isinstance(what, Decision):
                yield from self._operation(what)
            elif what:
                yield self._alone()
            elif self._unconfirmed:
                yield self._settled()
            else:
                yield self._beside()

    def _operation(self, operation: Decision) -> Iterator[tuple[Any, ...]]:
        reason = self._random.choice(REASONS)
        batches = range(BATCHES // CAMPAIGNS)
        chosen = self._random.sample(batches, min(BATCHES_OF_OPERATION, len(batches)))
        yield self._of_operation("operation_started", operation, reason, '{"scope": "campaign"}')
        for place in chosen:
            batch = place * CAMPAIGNS + operation.campaign - 1
            yield self._of_change(operation.actor, batch, operation.kind, "operation", reason, operation.pk)
        counted = {"done": BATCHES_OF_OPERATION, "skipped": 0, "failed": 0, "unconfirmed": 0}
        yield self._of_operation("operation_ended", operation, reason, json.dumps({"counted": counted}))

    def _of_operation(self, action: str, operation: Decision, reason: str, body: str) -> tuple[Any, ...]:
        about = ("", operation.campaign, name_of(operation.campaign), operation.pk, None, None, "")
        how = (operation.kind, False, "", "", reason, body)
        return (*self._by(action, operation.actor), *about, *how)

    def _alone(self) -> tuple[Any, ...]:
        random = self._random
        origin = random.choice(("click", "click", "form", "undo"))
        person, kind = random.choice(self.people), random.choice(KINDS)
        return self._of_change(person, random.randrange(BATCHES), kind, origin, random.choice(REASONS), None)

    def _of_change(
        self, actor: Person, batch: int, kind: str, origin: str, reason: str, operation: int | None
    ) -> tuple[Any, ...]:
        random = self._random
        outcome = random.choice(OUTCOMES)
        self._change += 1
        campaign = batch % CAMPAIGNS + 1
        by = self._by("change_ended", actor)
        about = (f"{campaign}.{batch}", campaign, name_of(campaign), operation, self._change, None, "")
        texts = texts_of(kind, outcome, random.randrange(50))
        entry = (*by, *about, kind, origin == "undo", outcome, origin, reason, texts["body"])
        is_open = outcome == "unconfirmed" and self._number > self.entries * (1 - LEFT_OPEN)
        if outcome == "unconfirmed" and not is_open:
            self._unconfirmed.append(entry)
        self.changes.append(self._change_row(entry, texts, is_open=is_open))
        return entry

    def _change_row(self, entry: tuple[Any, ...], texts: dict[str, str], *, is_open: bool) -> tuple[Any, ...]:
        at, _, actor, email, address, request_id, batch, campaign, name, operation, pk, *_ = entry
        outcome, origin, reason = entry[-4:-1]
        is_late = outcome == "unconfirmed" and not is_open
        about = (pk, batch, campaign, name, actor, email, origin, texts["id"], address, request_id, operation)
        edit, before, after, seen, steps = (texts[name] for name in ("edit", "before", "after", "seen", "steps"))
        how = (edit, reason, before, before, after, seen, steps, "applied" if is_late else outcome, texts["detail"])
        return (*about, *how, at, at, int(is_late), None if is_open else at)

    def _settled(self) -> tuple[Any, ...]:
        """Return what a look found out about the oldest unconfirmed change: it had been applied."""
        entry = list(self._unconfirmed.popleft())
        entry[0], entry[1], entry[-4] = self._moment(), "change_settled", "applied"
        return tuple(entry)

    def _beside(self) -> tuple[Any, ...]:
        action, person = self._random.choice(ACTS), self._random.choice(self.people)
        actor = None if action == "login_failed" else person
        batch = self._random.randrange(BATCHES)
        about = (f"{batch % CAMPAIGNS + 1}.{batch}", None) if action == "targets_seen" else ("", None)
        whom = (None, person.email) if action == "login_failed" else (None, "")
        body = '{"rows": 50, "page": 0}' if action == "targets_seen" else "{}"
        return (*self._by(action, actor), *about, "", None, None, *whom, "", False, "", "", "", body)

    def _by(self, action: str, actor: Person | None) -> tuple[Any, ...]:
        address = f"10.0.{self._random.randrange(4)}.{self._random.randrange(256)}"
        who = (actor.pk, actor.email) if actor else (None, "")
        return (self._moment(), action, *who, address, f"{self._random.getrandbits(128):032x}")

    def _moment(self) -> str:
        """Return the next moment as SQLite stores it, in UTC: entries keep the same distance."""
        self._number += 1
        at = self.until - YEARS * (1 - self._number / self.entries)
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3]


@cache
def name_of(campaign: int) -> str:
    """Return what a campaign is called."""
    return f"Appointment reminders {campaign}"


@cache
def texts_of(kind: str, outcome: str, variant: int) -> dict[str, str]:
    """Return the `body` of the entry of a change as JSON, and its parts: as long as real ones, but of few kinds."""
    body = _body(kind, outcome, variant)
    parts = {name: json.dumps(body[name]) for name in ("edit", "before", "after", "seen", "steps")}
    return parts | {"body": json.dumps(body), "id": body["syllable_request_id"], "detail": body["detail"]}


def _body(kind: str, outcome: str, variant: int) -> dict[str, Any]:
    before = {"status": "ACTIVE", "expires_on": "2027-01-01T18:00:00", "deleted_reason": None}
    before |= {"call_rate": 60 + variant, "auto_call_rate": None}
    at = f"2026-11-30T10:{variant:02}:00.000+00:00"
    calls = ("read", "GET", 200), ("write", "PUT", 200), ("read_back", "GET", 200)
    steps = [
        {"step": step, "method": method, "at": at, "seconds": 0.1, "status": status, "error": ""}
        for step, method, status in calls
    ]
    return {
        "edit": EDITS[kind],
        "before": before,
        "after": EDITS[kind] if outcome in ("applied", "unconfirmed") else {},
        "seen": before | EDITS[kind] if outcome == "applied" else {},
        "started_at": at,
        "detail": "" if outcome == "applied" else "Syllable answered that the batch is not in a state for this.",
        "is_settled": outcome != "unconfirmed",
        "undoes": None,
        "steps": steps,
        "syllable_request_id": f"{variant:032x}",
    }
