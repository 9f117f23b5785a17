"""Untrusted text as pages show it: what nobody could see, or what would turn the text around, is written out.

What goes back, such as the value of an input or an address, stays as it came.
"""

from unicodedata import category

# Control and format characters, among them those that change the direction of text; line separators; lone surrogates.
HIDDEN = ("Cc", "Cf", "Zl", "Zp", "Cs")
# Line breaks and tabs look like blanks; the joiners belong to words in some languages, and to emoji.
HARMLESS = "\t\n\r\u200c\u200d"


def visible(text: str) -> str:
    """Any text, with `⟨U+202E⟩` in place of what cannot be seen."""
    if text.isprintable():
        return text
    return "".join(
        _written_out(character) if category(character) in HIDDEN and character not in HARMLESS else character
        for character in text
    )


def visible_id(text: str) -> str:
    """An id, with everything in it written out that is not printable; of blanks, only the usual one is."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _written_out(character) for character in text)


def _written_out(character: str) -> str:
    # Not as a control picture: many fonts have none.
    return f"⟨U+{ord(character):04X}⟩"
