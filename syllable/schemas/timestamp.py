"""Moments as the API writes them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

# 60 minutes and more, or seconds: Python reads such an offset, but nobody knows what the sender meant.
ODD_OFFSET = re.compile(r"[+-]\d\d(?::?[6-9]\d|:?\d\d:?\d\d(?:[.,]\d+)?)\s*$")


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A moment as the API writes it.

    `text` is what the API sent, and is sent back byte for byte; `at` is the same moment as an aware UTC datetime, None
    where the text cannot be read.
    """

    text: str
    at: datetime | None

    @classmethod
    def read(cls, text: str) -> Self:
        """Read any text the API may send. A time without a zone is UTC, as everywhere in the API's examples."""
        if ODD_OFFSET.search(text):
            return cls(text, None)
        try:
            at = datetime.fromisoformat(text.strip())
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            return cls(text, None)
        return cls(text, at)

    @classmethod
    def of(cls, at: datetime) -> Self:
        """Write the aware moment `at` in the format of the API's examples: `2025-01-01T00:00:00Z`."""
        utc = at.astimezone(UTC)
        return cls(utc.isoformat().replace("+00:00", "Z"), utc)

    def same_moment(self, other: "Timestamp | None") -> bool:
        """Return whether both are the same instant, or the same text where one cannot be read."""
        if other is None:
            return False
        if self.at is None or other.at is None:
            return self.text == other.text
        return self.at == other.at

    def __str__(self) -> str:
        return self.text
