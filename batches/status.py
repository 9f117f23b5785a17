"""Pure: what the status page and `/metrics` check, what they may find, and which findings are trouble."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Health(StrEnum):
    """Whether something works. UNKNOWN is honest: nothing has shown it yet. OFF is switched off by a setting."""

    WORKS = "works"
    FAILS = "fails"
    UNKNOWN = "unknown"
    OFF = "off"


class Subject(StrEnum):
    """What is checked, besides the processes, which have their own names."""

    ACCOUNT = "account"
    CONTRACT = "contract"
    ANSWERS = "answers"
    LOOKS = "looks"
    QUEUE = "queue"
    MAIL = "mail"
    SEALS = "seals"
    DELIVERIES = "deliveries"
    DATABASE = "database"


class Finding(StrEnum):
    """What was found. `batches.words.status` has the sentence for each."""

    KEY_ACCEPTED = "key_accepted"
    KEY_REFUSED = "key_refused"
    KEY_UNTRIED = "key_untried"
    CONTRACT_SHOWN = "contract_shown"
    CONTRACT_DIFFERS = "contract_differs"
    CONTRACT_UNTRIED = "contract_untried"
    ANSWERED = "answered"
    SILENT = "silent"
    NOT_ASKED = "not_asked"
    BREAKER_OPEN = "breaker_open"
    HELD = "held"
    TURNED_AWAY = "turned_away"
    RUNS = "runs"
    SEVERAL_RUN = "several_run"
    RUN_FAILS = "run_fails"
    VERSIONS_DIFFER = "versions_differ"
    MISSING = "missing"
    NEVER_SEEN = "never_seen"
    PROCESS_OFF = "process_off"
    LOOKED = "looked"
    CANNOT_LOOK = "cannot_look"
    LOOK_LATE = "look_late"
    NEVER_LOOKED = "never_looked"
    LOOKS_OFF = "looks_off"
    QUEUE_EMPTY = "queue_empty"
    QUEUE_MOVES = "queue_moves"
    QUEUE_STUCK = "queue_stuck"
    QUEUE_UNREACHABLE = "queue_unreachable"
    MAIL_READY = "mail_ready"
    MAIL_SENT = "mail_sent"
    MAIL_DELAYED = "mail_delayed"
    MAIL_FAILED = "mail_failed"
    MAIL_OFF = "mail_off"
    SEALED = "sealed"
    SEALS_WAIT = "seals_wait"
    SEALS_LATE = "seals_late"
    DELIVERIES_READY = "deliveries_ready"
    DELIVERED = "delivered"
    DELIVERIES_WAIT = "deliveries_wait"
    DELIVERIES_LATE = "deliveries_late"
    DELIVERIES_FAIL = "deliveries_fail"
    DELIVERIES_OFF = "deliveries_off"
    MIGRATED = "migrated"
    NOT_MIGRATED = "not_migrated"


FAILING = {
    Finding.KEY_REFUSED,
    Finding.CONTRACT_DIFFERS,
    Finding.SILENT,
    Finding.BREAKER_OPEN,
    Finding.RUN_FAILS,
    Finding.VERSIONS_DIFFER,
    Finding.MISSING,
    Finding.NEVER_SEEN,
    Finding.CANNOT_LOOK,
    Finding.LOOK_LATE,
    Finding.QUEUE_STUCK,
    Finding.QUEUE_UNREACHABLE,
    Finding.MAIL_DELAYED,
    Finding.MAIL_FAILED,
    Finding.SEALS_LATE,
    Finding.DELIVERIES_LATE,
    Finding.DELIVERIES_FAIL,
    Finding.NOT_MIGRATED,
}
UNKNOWN = {
    Finding.KEY_UNTRIED,
    Finding.CONTRACT_UNTRIED,
    Finding.NOT_ASKED,
    Finding.NEVER_LOOKED,
    Finding.MAIL_READY,
    Finding.DELIVERIES_READY,
}
OFF = {Finding.PROCESS_OFF, Finding.LOOKS_OFF, Finding.MAIL_OFF, Finding.DELIVERIES_OFF}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the status page.

    `subject` is a Subject or the name of a process, `of` tells several lines of one subject apart. `facts` are what the
    sentence of the finding names: numbers, moments and texts. `notes` are more findings of the same line.
    """

    subject: str
    finding: Finding
    facts: dict[str, Any] = field(default_factory=dict)
    of: str = ""
    notes: tuple["Check", ...] = ()

    @property
    def health(self) -> Health:
        if self.finding in FAILING:
            return Health.FAILS
        if self.finding in UNKNOWN:
            return Health.UNKNOWN
        return Health.OFF if self.finding in OFF else Health.WORKS
