"""How pages say that Syllable could not be used."""

from common.moments import clock
from syllable.errors import SyllableError


def why(error: SyllableError) -> str:
    """Return the error as sentences for a person, including since when there is no answer, if known."""
    since = getattr(error, "since", None)
    if since is None:
        return error.user_message
    return f"{error.user_message} No usable answer since {clock(since)}."
