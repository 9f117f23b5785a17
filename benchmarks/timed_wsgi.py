"""The product's WSGI application, which also reports how long each request waited for the API.

The product is the one in the web server's folder, which may be another, older checkout.

The wait is only the time that the request's thread spends blocked in reads from the API's socket. Everything else is
the product's own time: sending the question, `requests`, `urllib3`, parsing the answer, and the waits of other threads
of the same request. So the figures err to its disadvantage.
"""

import time
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.util import find_spec
from threading import local
from typing import Any

from benchmarks.visitor import COMPUTED, WAITED_FOR_API
from dashboard.wsgi import application as product

# Older checkouts have the API's client inside `batches`.
connections = import_module("syllable.connections" if find_spec("syllable") else "batches.syllable.connections")


class _Waited(local):
    seconds = 0.0


_waited = _Waited()
_read = connections.DeadlineSocket.recv_into


def _timed_read(socket: Any, *args: Any, **kwargs: Any) -> int:
    started = time.perf_counter()
    try:
        return _read(socket, *args, **kwargs)
    finally:
        _waited.seconds += time.perf_counter() - started


connections.DeadlineSocket.recv_into = _timed_read


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Run the product, with its times in the headers `WAITED_FOR_API` and `COMPUTED` of each answer."""
    _waited.seconds = 0.0
    started = time.thread_time()

    def start(status: str, headers: list[tuple[str, str]], *args: Any) -> Any:
        times = [
            (WAITED_FOR_API, f"{_waited.seconds:.6f}"),
            (COMPUTED, f"{time.thread_time() - started:.6f}"),
        ]
        return start_response(status, headers + times, *args)

    return product(environ, start)
