"""What templates of this room know in addition: the words for batches, changes and operations."""

from typing import Any

from django.conf import settings
from jinja2 import Environment

from batches.access import role_of
from batches.change_entry import as_entry
from batches.rules import one_click
from batches.words import (
    abort,
    api_errors,
    batch,
    campaign,
    change,
    change_facts,
    contact_hours,
    curve,
    estimate,
    expiry_shift,
    export,
    history,
    hold,
    operation,
    overview,
    progress,
    requests,
    silence,
    status,
    stream,
    time_left,
    tones,
    trail,
    trail_filter,
    trend,
    watch,
)
from common.jinja import environment as common_environment
from common.jinja import functions_of

WORDS = (
    abort,
    api_errors,
    batch,
    campaign,
    change,
    change_facts,
    contact_hours,
    curve,
    estimate,
    expiry_shift,
    export,
    history,
    hold,
    operation,
    overview,
    progress,
    requests,
    silence,
    status,
    stream,
    time_left,
    tones,
    trail,
    trail_filter,
    trend,
    watch,
)


def quick_reasons() -> list[str]:
    """Return the reasons that the installation suggests."""
    reasons: list[str] = settings.CHANGE_REASONS
    return reasons


def environment(**options: Any) -> Environment:
    """Make the environment that the settings name. Each public function of the words is a filter of the same name."""
    made = common_environment(**options)
    made.globals |= {"quick_reasons": quick_reasons}
    made.filters |= functions_of(*WORDS) | {
        "as_entry": as_entry,
        "one_click": one_click,
        "role_of": role_of,
    }
    return made
