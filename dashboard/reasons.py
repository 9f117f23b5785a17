"""The settings about reasons: which ones people are offered, and which actions need one."""

from django.core.exceptions import ImproperlyConfigured

from common.reasons import LONGEST_REASON
from syllable.schemas import EditKind

# An undo is not an edit of its own kind: it may be any of them.
UNDO = "undo"
MAY_BE_REQUIRED = (*(kind.value for kind in EditKind if kind is not EditKind.PAUSE), UNDO)


def reasons_offered(text: str) -> list[str]:
    """Return the reasons in a variable, which separates them by semicolons: a reason may have a comma.

    Raises ImproperlyConfigured for one that no form would accept.
    """
    reasons = [" ".join(reason.split()) for reason in text.split(";")]
    if any(len(reason) > LONGEST_REASON for reason in reasons):
        raise ImproperlyConfigured(f"CHANGE_REASONS has a reason of more than {LONGEST_REASON} characters.")
    return [reason for reason in dict.fromkeys(reasons) if reason]


def reasons_required(actions: list[str]) -> frozenset[str]:
    """Return the actions that need a reason. Raises ImproperlyConfigured for a pause: nothing may delay one."""
    wanted = {action.strip().lower() for action in actions} - {""}
    if EditKind.PAUSE in wanted:
        raise ImproperlyConfigured("REASON_REQUIRED has pause. Nothing may keep anybody from pausing.")
    if unknown := wanted.difference(MAY_BE_REQUIRED):
        raise ImproperlyConfigured(
            f"REASON_REQUIRED has {', '.join(sorted(unknown))}. It may have {', '.join(MAY_BE_REQUIRED)}."
        )
    return frozenset(wanted)
