"""Numbers in untrusted text."""

# Every number with this many digits fits the columns of every database.
MOST_DIGITS = 18


def whole_number(text: str) -> int | None:
    """Return the number that `text` writes in at most 18 plain digits; None for any other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None
