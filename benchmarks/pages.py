"""Pages: the server's own time, from a request's first byte to the answer's last, less its wait for the API."""

import re
from functools import partial

from benchmarks.figures import Figure, p50, p95
from benchmarks.own_time import TIMED, in_turn
from benchmarks.stack import running
from benchmarks.visitor import Visitor, WrongAnswer

LIST = "/batches/?limit=100"
ROWS = 100
WARM_UP = 40
TIMES = 400
LIST_MS = 16
BATCH_MS = 8
# Changes in the history of the batch whose page is measured.
CHANGES = 4


def measure() -> list[Figure]:
    """Measure the list of 100 rows and the page of a batch with a history and its form, over one connection."""
    with running(application=TIMED) as stack:
        visitor = Visitor.logged_in(stack.port)
        batch = batch_with_history(visitor)
        return [
            *_figures("list of 100 rows", visitor, LIST, LIST_MS),
            *_figures("batch page", visitor, batch, BATCH_MS),
        ]


def _figures(name: str, visitor: Visitor, path: str, target: float) -> list[Figure]:
    times = in_turn({name: partial(visitor.get, path)}, times=TIMES, warm_up=WARM_UP)[name]
    return [
        Figure(f"{name}, p50 of {TIMES}", p50(times.own), "ms", target),
        Figure(f"{name}, p95", p95(times.own), "ms", target),
        # Shows whether the machine was busy.
        Figure(f"{name}, of it on a processor, p50", p50(times.computed), "ms"),
    ]


def batch_with_history(visitor: Visitor) -> str:
    """Return the address of an ACTIVE batch that was paused and resumed from its own page."""
    page = visitor.get(LIST)
    if page.text.count('id="open-') != ROWS:
        raise WrongAnswer(f"the list does not have {ROWS} rows")
    address = re.findall(r'action="(/batches/[^/]+/)pause/"', page.text)[-1]
    for number in range(CHANGES):
        deed = "resume" if number % 2 else "pause"
        answer = visitor.post(f"{address}{deed}/", page)
        if answer.status != 302:
            raise WrongAnswer(f"to {deed} answers {answer.status}")
    return str(address)
