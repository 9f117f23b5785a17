"""Sightings: pages with 20,000 and 100,000 batches beside the same with 200, visited in turn.

Each number has a database, a sandbox and a web server of its own, and as many batches that are not over: how many call
at a time does not depend on the past.
"""

import sys
from contextlib import ExitStack
from functools import partial

from benchmarks.figures import Figure
from benchmarks.own_time import TIMED, in_turn, ratios
from benchmarks.stack import Stack, run, running
from benchmarks.visitor import Visitor

FEW = 200
# The number of campaigns by the number of batches. The filter of a list offers 300 of them at the most.
SIZES = {FEW: 300, 20_000: 400, 100_000: 1000}
PAGES = ("/", "/batches/", "/batches/?order=-created_at", "/batches/?expiry=today", "/campaigns/")
TARGET = 1.1
WARM_UP = 20
TIMES = 150


def measure() -> list[Figure]:
    """Fill the databases, then visit every page of every size in turn."""
    with ExitStack() as stacks:
        visitors = {batches: _visitor(stacks.enter_context(running(application=TIMED)), batches) for batches in SIZES}
        visits = {
            (path, batches): partial(visitor.get, path) for path in PAGES for batches, visitor in visitors.items()
        }
        times = in_turn(visits, times=TIMES, warm_up=WARM_UP)
    return [
        figure
        for path in PAGES
        for batches in SIZES
        if batches != FEW
        for figure in ratios(f"{path} of {batches:,} / {FEW}", times[path, batches], times[path, FEW], TARGET)
    ]


def _visitor(stack: Stack, batches: int) -> Visitor:
    run([sys.executable, "-m", "benchmarks.peer.fill_views", str(batches), str(SIZES[batches])], stack.variables)
    return Visitor.logged_in(stack.port)
