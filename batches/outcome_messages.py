"""Hold every sentence about what came of changes, items and operations, stored or made when it is read. Pure.

State is a value beside them (`Outcome`, `ItemState`, `State`, `Cause`): nothing compares these texts. What is stored
has no reader yet, so a sentence with a time of day in the reader's zone is made when it is read (`words/change.py`).
"""

# Changes.
ALREADY_SET = "Nothing to change. The batch is already set this way."
BATCH_CHANGED = "The batch had changed. Nothing was overwritten."
BATCH_OUT_OF_SCOPE = "You cannot change batches of this campaign. Nothing was sent."
DASHBOARD_STOPPED = "The dashboard stopped before it sent anything."
NOT_SHOWN = "Syllable accepted the change, but the batch does not show it."
PAUSE_SENT_ALONE = "Syllable refused the pause together with the expiry. Only the pause was sent."

# Items of an operation.
CHANGED_SINCE_PAUSE = "The batch changed after it was paused, so it stays as it is."
HOLD_LIFTED = "The hold was lifted before this batch was paused again."
DASHBOARD_FAILED = "The dashboard failed at this batch. The log says why."
NO_EFFECT = "Checked again later. The change had no effect."
OPERATION_LOST = "The operation stopped, or another worker took over, before this batch was written."

# Operations.
DELAYED = "This operation is more than 15 minutes late. No other batch is resumed until somebody confirms."
STOP_FIRST = "A stop goes first. This operation waits until the stop is done."
MAY_STILL_ARRIVE = "Earlier changes to these batches may still arrive at Syllable. This operation waits for that."


# What a page says first of a change, by its outcome. The others are made of what is known of the change.
TITLES = {
    "started": "In progress. The outcome is not known yet.",
    "rejected": "Rejected. Syllable refused the change.",
    "conflict": "Not sent. The batch had changed.",
    "not_sent": "Not sent. Nothing changed.",
}


def confirmed(deed: str, time: str) -> str:
    """Say that Syllable showed the change. `deed` is what was done: `Paused`."""
    return f"{deed}. Confirmed by Syllable at {time}."


def made_elsewhere(deed: str, time: str) -> str:
    """Say that somebody else changed the batch. `deed` is what was done: `Paused`."""
    return f"{deed or 'Changed'} elsewhere. Seen at {time}."


def changed_by(who: str) -> str:
    """Say who changed the batch, in the words of the API; "" where it does not say."""
    return f"Changed in Syllable by {who}." if who else ""


def last_seen(time: str, *, status: str) -> str:
    """Say what the batch showed when it was last read."""
    return f"The batch was last seen {status} at {time}."


def another_writer(email: str) -> str:
    """Say that somebody else is changing the batch; `email` is "" if nobody knows who."""
    return f"{email or 'Someone else'} is changing this batch right now. Nothing was sent. Try again in a moment."


def expiry_moved(before: object, now: object) -> str:
    """Say that the expiry moved although the change does not edit it; a false value stands for no expiry."""
    return f"The expiry changed too, from {before or 'none'} to {now or 'none'}."


def stopped_by(operation_id: int) -> str:
    """Say that a later operation stops the batch."""
    return f"Operation {operation_id} stops this batch."


def waits_for_syllable(trouble: str) -> str:
    """Say that the operation waits while Syllable answers nobody; `trouble` says how."""
    return f"{trouble} This operation continues when Syllable answers."


def checked_again(time: str, *, status: str, was: str, deed: str, is_last: bool) -> str:
    """Say that a batch was read again and does not show the change. `deed` is what was wanted, as a noun: `pause`.

    Only the last check says that the change had no effect: until then it may still arrive.
    """
    seen = f": {'still' if status == was else 'now'} {status}." if status else "."
    effect = f"The {deed} had no effect." if is_last else f"The batch does not show the {deed} yet."
    return f"Checked again at {time}{seen} {effect}"
