"""Reasons that people give, wherever they type them."""

LONGEST_REASON = 500


def tidy(text: str) -> str:
    """Return a typed reason on one line, at most LONGEST_REASON long: a longer one must not keep anybody from acting.

    Browsers let nobody type more.
    """
    return " ".join(text.replace("\0", " ").split())[:LONGEST_REASON]
