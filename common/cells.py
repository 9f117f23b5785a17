"""Cells of a table that are safe to open in a spreadsheet."""

import re

# A cell that begins with one of these is a formula, in full width too, as Japanese keyboards type them.
FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
# A spreadsheet may skip blanks and quotes, and in many countries a semicolon begins a new cell.
BEGINNING = re.compile(r"""(?:^|[;\t\r\n])[\s"';]*+""")


def safe_cell(value: object) -> str:
    """Return the text of a cell, "" for None, with an apostrophe before anything that could run as a formula."""
    text = "" if value is None else str(value)
    return text if _is_plain(text) else BEGINNING.sub(_defused, text)


def _is_plain(text: str) -> bool:
    """Return whether a look at its first character is enough, as for most of the millions of cells of a long file."""
    first = text[:1]
    return (first.isalnum() or first in "{[(") and not (";" in text or "\t" in text or "\r" in text or "\n" in text)


def _defused(beginning: re.Match[str]) -> str:
    is_formula = beginning.string[beginning.end() : beginning.end() + 1] in FORMULA
    if beginning.start() == 0:
        return f"'{beginning[0]}" if is_formula or beginning[0].startswith(("\t", "\r", "\n")) else beginning[0]
    return f"{beginning[0]}'" if is_formula else beginning[0]
