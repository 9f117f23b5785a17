"""Brown-out: the time of pages that need no API, while the API hangs and 50 people reload the batch list."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException

from benchmarks.figures import Figure, p50, p95
from benchmarks.pages import batch_with_history
from benchmarks.stack import running
from benchmarks.visitor import Visitor

PEOPLE = 50
RELOAD_SECONDS = 2.0
PAGES = ("/changes/", "/accounts/login/", "/healthz", "/readyz")
EVERY_SECONDS = 0.2
LASTS_SECONDS = 45.0
TARGET_MS = 250
# The time counted for an answer that never comes.
GIVES_UP_SECONDS = 30.0


def measure() -> list[Figure]:
    """Request each page five times a second from the moment the API begins to hang."""
    with running() as stack:
        operator = Visitor.logged_in(stack.port)
        batch_with_history(operator)
        stop = threading.Event()
        threads = []
        answers: dict[str, list[float]] = {path: [] for path in PAGES}

        def start(act: Callable[..., None], *args: object, logged_in: bool = True) -> None:
            visitor = Visitor(stack.port, keeps_connection=False, timeout=GIVES_UP_SECONDS)
            visitor.cookies = dict(operator.cookies) if logged_in else {}
            threads.append(threading.Thread(target=act, args=(visitor, *args, stop)))
            threads[-1].start()

        lists: list[float] = []
        for number in range(PEOPLE):
            start(_look_at_list, number * RELOAD_SECONDS / PEOPLE, lists)
        time.sleep(2 * RELOAD_SECONDS)
        stack.hang_the_api()
        lists.clear()
        for path in PAGES:
            start(_probe, path, answers[path], logged_in=path != "/accounts/login/")
        time.sleep(LASTS_SECONDS)
        stop.set()
        for thread in threads:
            thread.join()
    figures = [figure for path in PAGES for figure in _figures(path, answers[path], TARGET_MS)]
    return [*figures, *_figures("/batches/ itself", lists, None)]


def _look_at_list(visitor: Visitor, begin: float, seconds: list[float], stop: threading.Event) -> None:
    """Reload the list 2 seconds after its last answer, whatever the answer was."""
    stop.wait(begin)
    while not stop.wait(RELOAD_SECONDS):
        seconds.append(_seconds(visitor, "/batches/", statuses=(200, 503)))


def _probe(visitor: Visitor, path: str, seconds: list[float], stop: threading.Event) -> None:
    """Visit at fixed times. A slow answer delays the visits after it, which count from when they were due."""
    due = time.perf_counter()
    while not stop.wait(max(0.0, due - time.perf_counter())):
        late = max(0.0, time.perf_counter() - due)
        seconds.append(late + _seconds(visitor, path, statuses=(200,)))
        due += EVERY_SECONDS


def _seconds(visitor: Visitor, path: str, *, statuses: tuple[int, ...]) -> float:
    with suppress(OSError, HTTPException):
        answer = visitor.get(path)
        if answer.status in statuses:
            return answer.seconds
    return GIVES_UP_SECONDS


def _figures(name: str, seconds: list[float], target: float | None) -> list[Figure]:
    return [
        Figure(f"{name}, p50 of {len(seconds)}", p50(seconds) * 1000, "ms"),
        Figure(f"{name}, p95 of {len(seconds)}", p95(seconds) * 1000, "ms", target),
    ]
