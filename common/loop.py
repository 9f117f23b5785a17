"""The loop of a command with `--every`."""

import signal
import time
from collections.abc import Callable
from typing import Any, NoReturn

import structlog
from django.db import close_old_connections

from common.backoff import Backoff, DatabaseTrouble

logger = structlog.get_logger(__name__)

LONGEST_PAUSE = 30.0


def repeat(job: Callable[[], Any], *, every: float) -> NoReturn:
    """Run `job` with a pause of `every` seconds in between, until SIGTERM or Ctrl-C.

    A failing run is logged, and the pauses grow while runs fail, so that a full disk does not get an endless log.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        # The first process of a container does not react to SIGTERM by default.
        signal.signal(number, _leave)
    pauses = Backoff(first=every, longest=max(every, LONGEST_PAUSE))
    while True:
        pause = every
        try:
            job()
            pauses.end()
        except DatabaseTrouble as error:
            pause = pauses.begin()
            logger.error("database_failed", error=str(error), again_in=pause)
        except Exception:
            pause = pauses.begin()
            logger.exception("run_failed", again_in=pause)
        close_old_connections()
        time.sleep(pause)


def _leave(*_signal: Any) -> NoReturn:
    raise SystemExit
