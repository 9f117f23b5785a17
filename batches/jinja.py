"""What the templates know beside what every template knows: the words for batches, changes, operations and roles."""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment

from batches import rules
from batches.access import role_of
from batches.words import abort, batch, change, failure, operation, progress, tones
from common.jinja import environment as dashboard_environment

# Each is a filter by its own name.
WORDS: tuple[Callable[..., Any], ...] = (
    abort.if_aborted,
    abort.keep_on,
    abort.may_be_stopped,
    batch.calling_hours,
    batch.detailed,
    batch.segments,
    batch.status_segments,
    change.deed,
    change.label,
    change.outcome_word,
    change.shown,
    change.steps,
    change.tell,
    failure.why,
    operation.batches,
    operation.named,
    operation.reach_now,
    operation.reaches,
    operation.reasons,
    operation.state_badge,
    operation.still_to_reach,
    operation.verb,
    operation.wanted_expiry,
    operation.whose,
    progress.because,
    progress.duration,
    progress.end_badge,
    progress.may_call,
    progress.numbers,
    progress.parts,
    progress.percent,
    progress.said,
    progress.stands,
    progress.why_not_all,
    role_of,
    rules.one_click,
    tones.outcome_tone,
    tones.request_tone,
    tones.standing_tone,
    tones.status_tone,
)


def environment(**options: Any) -> Environment:
    """The environment that the settings name."""
    made = dashboard_environment(**options)
    made.filters |= {word.__name__: word for word in WORDS}
    return made
