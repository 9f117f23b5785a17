"""The server's own time for a page: the time to answer, less the time the request waited for the API."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks.figures import Figure, p50
from benchmarks.visitor import COMPUTED, WAITED_FOR_API, Answer, WrongAnswer

TIMED = "benchmarks.timed_wsgi"
Name = TypeVar("Name", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of each visit: the server's own time, and its part on a processor."""

    own: list[float] = field(default_factory=list)
    computed: list[float] = field(default_factory=list)

    def add(self, answer: Answer) -> None:
        """Add an answer of `TIMED`. Raises WrongAnswer where it is not the page."""
        if answer.status != 200:
            raise WrongAnswer(f"a page that is to be measured answers {answer.status}")
        self.own.append((answer.seconds - float(answer.headers[WAITED_FOR_API])) * 1000)
        self.computed.append(float(answer.headers[COMPUTED]) * 1000)


def in_turn(visits: dict[Name, Callable[[], Answer]], *, times: int, warm_up: int) -> dict[Name, Times]:
    """Make each visit once per round, for `times` rounds after `warm_up` rounds, every second round backwards.

    If the machine gets slower meanwhile, it does so for all visits, and none always follows the same other one.
    """
    found = {name: Times() for name in visits}
    for number in range(warm_up + times):
        for name in reversed(visits) if number % 2 else visits:
            answer = visits[name]()
            if number >= warm_up:
                found[name].add(answer)
    return found


def ratios(name: str, times: Times, beside: Times, target: float) -> list[Figure]:
    """Return the median own time divided by that of `beside`, and the same for time on a processor."""
    medians = f"{p50(times.own):.1f} / {p50(beside.own):.1f} ms"
    return [
        Figure(f"{name}: {medians}", p50(times.own) / p50(beside.own), "x", target),
        # Shows whether the machine was busy.
        Figure(f"{name}, of it on a processor", p50(times.computed) / p50(beside.computed), "x"),
    ]
