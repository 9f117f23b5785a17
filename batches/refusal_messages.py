"""Hold every sentence of `NotAllowed`: why a person may not do something. Pure.

What speaks against an edit, whoever wants it, is in `rules.py`; what the API refuses is in `syllable/errors.py`.
"""

# Of whoever asks.
MAY_NOT_EDIT = "Your role lets you see batches but not change them. Ask an administrator."
NO_EMAIL = (
    "Your account has no email address. Syllable records the email of whoever changes a batch. "
    "Ask an administrator to add yours."
)
MAY_NOT_STOP_EVERYTHING = "Your role does not let you stop everything. Ask an administrator."
OUT_OF_SCOPE = "You can only change batches of certain campaigns. This is not one of them."
FILTER_IS_EVERYTHING = (
    "This filter matches every batch, and your role does not let you change every batch at once. "
    "Choose a campaign or select batches."
)
FILTER_MAY_BE_EVERYTHING = (
    "This filter may match every batch, and your role does not let you change every batch at once. "
    "The batches cannot be counted right now. Pause a campaign, select batches, or try again when Syllable answers."
)

# Of what is asked for, whoever asks.
CANNOT_HOLD = "Only the pause of a campaign, of selected batches or of everything can be kept."
CANNOT_UNDO_CHANGE = "This change cannot be undone."
CANNOT_UNDO_OPERATION = "This operation cannot be undone."
NOT_YOUR_CHANGE = "Only the person who made this change can add its reason."
NO_REASON = "Enter a reason."
NO_CAMPAIGN = "No campaign was given. Nothing was started."
ONLY_PAUSE_EVERYTHING = "You can pause everything at once, but nothing else."
ONLY_STOP_RESUME = "Only a resume can be stopped and paused like this."
LIFT_WITHOUT_REASON = "Enter a reason for lifting this hold."
STILL_OPEN = "This operation is not over yet. Abort this operation first."
EXPORT_WITHOUT_AUTHORITY = "The person who asked for this file can no longer see what is in the file. Download again."


def held(hold: int, email: str) -> str:
    """Return why nobody may resume a batch under a hold."""
    return f"Hold {hold} of {email} keeps this paused. Lift the hold first."
