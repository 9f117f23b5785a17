"""The tone of everything that has a state, in one table for each kind.

A tone is the end of a CSS class, as in `app-badge-green` and `bar-green`; `static/css/tokens.css` has the colours. The
word always stands beside it: the colour only helps.
"""

from enum import StrEnum

from batches.models import ExportState, Outcome, Standing, State
from syllable.schemas import BatchStatus


class Tone(StrEnum):
    """The colours there are."""

    GREEN = "green"
    TEAL = "teal"
    BLUE = "blue"
    CYAN = "cyan"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    GRAY = "gray"
    PURPLE = "purple"


class Alert(StrEnum):
    """The kinds of alerts. Screen readers announce DANGER at once."""

    SUCCESS = "success"
    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


# Statuses of a batch, running ones first.
STATUSES: dict[str, Tone] = {
    BatchStatus.ACTIVE: Tone.GREEN,
    BatchStatus.PAUSED: Tone.YELLOW,
    BatchStatus.PENDING: Tone.BLUE,
    BatchStatus.IDLE: Tone.TEAL,
    BatchStatus.FAILED: Tone.RED,
    BatchStatus.EXPIRED: Tone.ORANGE,
    BatchStatus.CANCELED: Tone.GRAY,
}
# The API's words for the status of a request: what has ended, what is under way, what has not begun.
REQUESTS: dict[str, Tone] = {
    "COMPLETED": Tone.GREEN,
    "FAILED": Tone.RED,
    "INVALID": Tone.RED,
    "CANCELED": Tone.ORANGE,
    "DUPLICATE": Tone.CYAN,
    "SKIPPED": Tone.CYAN,
    "CONNECTED": Tone.TEAL,
    "INITIATED": Tone.BLUE,
    "PENDING": Tone.GRAY,
}
# In addition, the channel's words for how a request ended. A badge is never cyan.
REQUEST_BADGES: dict[str, Tone] = {
    **REQUESTS,
    "DUPLICATE": Tone.GRAY,
    "SKIPPED": Tone.GRAY,
    "NO_ANSWER": Tone.YELLOW,
    "NO-ANSWER": Tone.YELLOW,
    "BUSY": Tone.YELLOW,
}
OUTCOMES: dict[str, Tone] = {
    Outcome.APPLIED: Tone.GREEN,
    Outcome.UNCHANGED: Tone.GRAY,
    Outcome.NOT_SENT: Tone.GRAY,
    Outcome.REJECTED: Tone.RED,
    Outcome.CONFLICT: Tone.YELLOW,
    Outcome.UNCONFIRMED: Tone.ORANGE,
    Outcome.STARTED: Tone.BLUE,
    Outcome.OBSERVED: Tone.TEAL,
}
OUTCOME_ALERTS: dict[str, Alert] = {
    Outcome.APPLIED: Alert.SUCCESS,
    Outcome.UNCHANGED: Alert.INFO,
    Outcome.OBSERVED: Alert.INFO,
    Outcome.STARTED: Alert.INFO,
    Outcome.NOT_SENT: Alert.WARNING,
    Outcome.CONFLICT: Alert.WARNING,
    Outcome.UNCONFIRMED: Alert.DANGER,
    Outcome.REJECTED: Alert.DANGER,
}
# How a batch of an operation stands, in the order of the operation's bar. Waiting batches are not part of it.
STANDINGS: dict[str, Tone] = {
    Standing.DONE: Tone.GREEN,
    Standing.SKIPPED: Tone.GRAY,
    Standing.UNCONFIRMED: Tone.ORANGE,
    Standing.NEVER_CONFIRMED: Tone.ORANGE,
    Standing.FAILED: Tone.RED,
}
OPERATION_STATES: dict[str, Tone] = {State.WAITING: Tone.BLUE, State.RUNNING: Tone.BLUE, State.ASKING: Tone.ORANGE}
EXPORT_STATES: dict[str, Tone] = {
    ExportState.WAITING: Tone.BLUE,
    ExportState.RUNNING: Tone.BLUE,
    ExportState.READY: Tone.GREEN,
    ExportState.FAILED: Tone.RED,
    ExportState.REMOVED: Tone.GRAY,
}
# How an operation ended.
ENDS: dict[str, Tone] = {
    Alert.SUCCESS: Tone.GREEN,
    Alert.DANGER: Tone.RED,
    Alert.WARNING: Tone.YELLOW,
    Alert.INFO: Tone.GRAY,
}


def status_tone(status: str) -> Tone:
    """Return the tone of a status of a batch, known or not."""
    return STATUSES.get(status, Tone.GRAY)


def request_tone(status: str) -> Tone:
    """Return the tone of a status of a request, known or not."""
    return REQUEST_BADGES.get(status, Tone.GRAY)


def outcome_tone(outcome: str) -> Tone:
    """Return the tone of an outcome of a change, known or not."""
    return OUTCOMES.get(outcome, Tone.GRAY)


def export_tone(state: str) -> Tone:
    """Return the tone of the state of an export."""
    return EXPORT_STATES.get(state, Tone.GRAY)


def standing_tone(standing: str) -> Tone:
    """Return the tone of how a batch of an operation stands."""
    return STANDINGS.get(standing, Tone.BLUE)
