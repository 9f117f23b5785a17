"""What a command with `--every` does again and again."""

import signal
import time
from collections.abc import Callable
from typing import Any, NoReturn

import structlog
from django.db import close_old_connections

logger = structlog.get_logger(__name__)


def repeat(job: Callable[[], Any], *, every: float) -> NoReturn:
    """Do `job` with a pause of `every` seconds in between, until SIGTERM or Ctrl-C. A run that fails is logged."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # As the first process of a container it would not end by itself.
        signal.signal(number, _leave)
    while True:
        try:
            job()
        except Exception:
            logger.exception("run_failed")
        close_old_connections()
        time.sleep(every)


def _leave(*_signal: Any) -> NoReturn:
    raise SystemExit
