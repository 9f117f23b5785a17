"""Timestamps: plain texts in the store and in answers, moments only for comparison."""

from datetime import UTC, datetime


def moment(text: object) -> float | None:
    """Return a timestamp's text as seconds since 1970; None where it cannot be read. No zone means UTC."""
    if not isinstance(text, str):
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def timestamp(at: datetime) -> str:
    """Return a moment in the format of the API's examples: `2025-01-01T00:00:00Z`."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def now_text() -> str:
    """Return the current moment as a timestamp."""
    return timestamp(datetime.now(UTC))
