"""Actions that a test attaches to requests to come, with rules for which requests and how often."""

import re
import threading
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sandbox.contract import Request

Action = TypeVar("Action")


@dataclass
class Trigger(Generic[Action]):
    """An action for matching requests: `skip` of them pass first, then it runs at most `times` (None: always).

    `method` is exact, "" for any; `path` is a regular expression searched for in the raw path. `hits` counts how often
    the action ran.
    """

    action: Action
    method: str
    path: re.Pattern[str]
    times: int | None
    skip: int
    hits: int = field(default=0, init=False)

    def take(self, request: Request) -> bool:
        """Return whether the action is due for this request, and count it."""
        if self.method not in ("", request.method) or not self.path.search(request.path):
            return False
        if self.times is not None and self.hits >= self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.hits += 1
        return True


class Triggers(Generic[Action]):
    """The triggers of one kind, safe to change while requests come in."""

    def __init__(self) -> None:
        self._triggers: list[Trigger[Action]] = []
        self._lock = threading.Lock()

    def add(
        self, action: Action, *, method: str = "", path: str = "", times: int | None = 1, skip: int = 0
    ) -> Trigger[Action]:
        """Attach `action` to the requests described; see Trigger."""
        trigger = Trigger(action, method, re.compile(path), times, skip)
        with self._lock:
            self._triggers.append(trigger)
        return trigger

    def clear(self) -> None:
        """Remove all triggers."""
        with self._lock:
            self._triggers.clear()

    def first(self, request: Request) -> Action | None:
        """Return the first action that is due for a request; the others keep their turn."""
        with self._lock:
            return next((trigger.action for trigger in self._triggers if trigger.take(request)), None)

    def all(self, request: Request) -> list[Action]:
        """Return every action that is due for a request."""
        with self._lock:
            return [trigger.action for trigger in self._triggers if trigger.take(request)]
