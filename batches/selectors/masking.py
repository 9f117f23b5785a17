"""Phone numbers and email addresses for people who may not see them in full."""

import re

DOTS = "\N{BULLET}" * 4
# Enough digits to identify a number; prices and dates contain shorter ones.
TELLING_DIGITS = 7
NUMBER = re.compile(r"\+?\(?\d(?:[\s().-]{0,3}\d){6,}")


def masked(target: str) -> str:
    """Return what remains of a target: an email's first letter and domain, a number's last 2 to 4 characters.

    How many characters are hidden does not show, and a target of up to 4 characters is hidden whole.
    """
    target = target.strip()
    if "@" in target:
        mailbox, _, domain = target.rpartition("@")
        return f"{mailbox[:1]}{DOTS}@{domain}"
    kept = 4 if len(target) >= 10 else 2 if len(target) > 4 else 0
    return (DOTS + target[len(target) - kept :]) if target else ""


def without(text: str, target: str) -> str:
    """Return `text` with every mention of the target masked, in any case, and a number in any notation."""
    target = target.strip()
    if not target or not text:
        return text
    if target.casefold() in text.casefold():
        # A short target is part of many unrelated words.
        edges = ("", "") if len(target) >= TELLING_DIGITS else (r"(?<!\w)", r"(?!\w)")
        exactly = re.escape(target).join(edges)
        text = re.sub(exactly, lambda _: masked(target), text, flags=re.IGNORECASE)
    telling = _digits(target)[-TELLING_DIGITS:]
    if "@" in target or len(telling) < TELLING_DIGITS:
        return text
    return NUMBER.sub(lambda found: masked(target) if telling in _digits(found[0]) else found[0], text)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
