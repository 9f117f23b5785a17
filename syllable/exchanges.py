"""What one attempt at a call came to, for whoever keeps a record of calls."""

from collections.abc import Callable
from dataclasses import dataclass

from syllable.resilience.bulkhead import Lane


@dataclass(frozen=True, slots=True)
class Exchange:
    """One attempt at a call. `began` is by the monotonic clock.

    `status` is the HTTP status of the answer, None without an answer; `error` the name of the class of what went wrong.
    """

    lane: Lane
    method: str
    began: float
    seconds: float
    status: int | None
    error: str = ""


# Called with each attempt when it is over, in the thread that makes the call.
Witness = Callable[[Exchange], None]
