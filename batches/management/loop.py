"""What a command with `--every` does again and again."""

import signal
import time
from collections.abc import Callable
from typing import Any, NoReturn

import structlog
from django.db import close_old_connections

from batches.services.operations.backoff import Backoff, DatabaseTrouble

logger = structlog.get_logger(__name__)

LONGEST_PAUSE = 30.0


def repeat(job: Callable[[], Any], *, every: float) -> NoReturn:
    """Do `job` with a pause of `every` seconds in between, until SIGTERM or Ctrl-C.

    A run that fails is logged, and the pauses grow while they do: a disk that is full must not get a log without end.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        # As the first process of a container it would not end by itself.
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
