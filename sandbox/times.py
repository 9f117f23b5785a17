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


class Clock:
    """The sandbox's own time, from the real moment at which it was made on.

    It runs `speed` times as fast as the real time; at 0 it stands still unless it is set. Threads may share it.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._first_speed = speed
        # A moment of this clock, the real moment at which it showed that, and the speed since then.
        self._anchor: tuple[datetime, datetime, float]
        self.reset()

    def now(self) -> datetime:
        """Return the current moment, aware."""
        at, real, speed = self._anchor
        return at + (datetime.now(UTC) - real) * speed

    def text(self) -> str:
        """Return the current moment as a timestamp."""
        return timestamp(self.now())

    def set(self, at: datetime, *, speed: float | None = None) -> None:
        """Go on from the moment `at` (aware), at another speed where one is given."""
        *_, current = self._anchor
        self._anchor = (at, datetime.now(UTC), current if speed is None else speed)

    def reset(self) -> None:
        """Go on from the real moment, at the first speed."""
        now = datetime.now(UTC)
        self._anchor = (now, now, self._first_speed)
