"""Moments by the clock of the database, without asking it each time."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class DatabaseClock:
    """Continues from `read_at`, the time that the database has just told, by a clock that nobody can set.

    It is never ahead of the database's, unless that is set back.
    """

    read_at: datetime
    _began: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        """Return the time."""
        return self.read_at + timedelta(seconds=time.monotonic() - self._began)
