"""The calls that a change took, one by one, as its row and the trail keep them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from batches.models import Change
from syllable.exchanges import Exchange

# A road takes 27 attempts at most: three rounds of a read, a write with its fallback, and a read-back, each read tried
# three times.
MOST_STEPS = 30
# Of the later looks the newest are kept: while Syllable is silent there may be any number of them.
MOST_LOOKS = 5


class Step(StrEnum):
    """What a call was for."""

    READ = "read"
    WRITE = "write"
    READ_BACK = "read_back"
    LOOK = "look"


def step_note(change: Change, exchange: Exchange, *, at: datetime) -> None:
    """Note on `change` (unsaved) a call of its road, made `at` by the clock of the database."""
    if exchange.method != "GET":
        step = Step.WRITE
    else:
        step = Step.READ_BACK if any(step["step"] == Step.WRITE for step in change.steps) else Step.READ
    if len(change.steps) < MOST_STEPS:
        change.steps = [*change.steps, _step(step, exchange, at)]


def look_note(change: Change, exchange: Exchange, *, at: datetime) -> None:
    """Note on `change` (unsaved) a call of a later look, made `at` by the clock of the database."""
    road = [step for step in change.steps if step["step"] != Step.LOOK]
    looks = [step for step in change.steps if step["step"] == Step.LOOK]
    change.steps = [*road, *looks[1 - MOST_LOOKS :], _step(Step.LOOK, exchange, at)]


def _step(step: Step, exchange: Exchange, at: datetime) -> dict[str, Any]:
    return {
        "step": step.value,
        "method": exchange.method,
        "at": at.isoformat(timespec="milliseconds"),
        "seconds": round(exchange.seconds, 3),
        "status": exchange.status,
        "error": exchange.error,
    }
