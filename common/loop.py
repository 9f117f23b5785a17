"""The loop of a command with `--every`."""

import signal
import time
from collections.abc import Callable
from typing import Any, NoReturn

import structlog
from django.db import close_old_connections

from common.backoff import Backoff, DatabaseTrouble
from common.counters import RUNS
from common.heartbeat import Heartbeat, readings
from common.models import Process

logger = structlog.get_logger(__name__)

LONGEST_PAUSE = 30.0


def repeat(job: Callable[[], Any], *, every: float, process: Process) -> NoReturn:
    """Run `job` with a pause of `every` seconds in between, until SIGTERM or Ctrl-C.

    A failing run is logged, and the pauses grow while runs fail, so that a full disk does not get an endless log. The
    heartbeat of `process` says for how many seconds runs have failed.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        # The first process of a container does not react to SIGTERM by default.
        signal.signal(number, _leave)
    with Heartbeat(process):
        _repeat(job, every)


def _repeat(job: Callable[[], Any], every: float) -> NoReturn:
    pauses = Backoff(first=every, longest=max(every, LONGEST_PAUSE))
    failing = Failing()
    readings["failing_for"] = failing.seconds
    while True:
        pause = every
        try:
            job()
            pauses.end()
            failing.note(is_failure=False)
        except DatabaseTrouble as error:
            pause = pauses.begin()
            failing.note(is_failure=True)
            logger.error("database_failed", error=str(error), again_in=pause)
        except Exception:
            pause = pauses.begin()
            failing.note(is_failure=True)
            logger.exception("run_failed", again_in=pause)
        close_old_connections()
        time.sleep(pause)


class Failing:
    """Counts runs, and knows since when they fail."""

    def __init__(self) -> None:
        self._since: float | None = None

    def note(self, *, is_failure: bool) -> None:
        """Count a run."""
        RUNS.labels("failed" if is_failure else "ok").inc()
        if not is_failure:
            self._since = None
        elif self._since is None:
            self._since = time.monotonic()

    def seconds(self) -> float | None:
        """Return for how long runs have failed, None after a run that did not."""
        since = self._since
        return None if since is None else time.monotonic() - since


def _leave(*_signal: Any) -> NoReturn:
    raise SystemExit
