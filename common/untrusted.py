"""Untrusted text as pages show it: invisible characters, and those that reverse the text, are written out.

What is sent back, such as the value of an input or an address, stays as it came.
"""

from unicodedata import category

# Control and format characters, among them those that change the direction of text; line separators; lone surrogates.
HIDDEN = ("Cc", "Cf", "Zl", "Zp", "Cs")
# Line breaks and tabs look like spaces. The joiners belong to words in some languages, and to emoji.
HARMLESS = "\t\n\r\u200c\u200d"


def visible(value: object) -> str:
    """Return a text or a number with invisible characters written as `⟨U+202E⟩`, "" for None."""
    text = "" if value is None else str(value)
    if text.isprintable():
        return text
    return "".join(
        _written_out(character) if category(character) in HIDDEN and character not in HARMLESS else character
        for character in text
    )


def visible_id(value: object) -> str:
    """Return the id with everything unprintable written out, including every space but the usual one."""
    text = str(value)
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _written_out(character) for character in text)


def _written_out(character: str) -> str:
    # Not as a control picture: many fonts lack these.
    return f"⟨U+{ord(character):04X}⟩"
