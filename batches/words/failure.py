"""How pages say that Syllable could not be used."""

from common.moments import clock
from common.strangers import visible
from syllable.errors import SyllableError


def why(error: SyllableError) -> str:
    """The error as sentences for a person, with since when there is no answer where that is known."""
    since = getattr(error, "since", None)
    if since is None:
        return visible(error.sentence)
    return f"{visible(error.sentence)} There has been no usable answer since {clock(since)}."
