"""Stops: from the click to the last confirmed pause of 200 batches at 100 ms a call, idle and beside a large resume."""

import json
import math
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure, p50, p95
from benchmarks.operations import LATENCY, one_call
from benchmarks.stack import ROOT, Stack, process, procfile, running
from benchmarks.visitor import Answer, Visitor

BATCHES, TRIES, AT_ONCE = 200, 20, 8
RESUMED = 5000
# How far above the floor a stop may be, and the seconds that it may take beside.
TIMES_FLOOR, BESIDE = 1.15, 0.5
MOST_SECONDS = 300
LOOK_SECONDS = 0.25
STATE = re.compile(r'id="operation-progress"[^>]* data-state="([a-z]+)"')


def measure() -> list[Figure]:
    """Click 20 times while nothing else happens, and 20 times while a resume of 5,000 other batches is carried out."""
    options = {"latency": LATENCY, "campaigns": 2 * TRIES, "batches": BATCHES, "paused": RESUMED}
    command = [f"--{name}={value}" for name, value in options.items()]
    with running(sandbox_options=command) as stack, _workers(stack):
        floor = math.ceil(BATCHES / AT_ONCE) * 2 * one_call(stack.variables["SYLLABLE_API_URL"])
        visitor = Visitor.logged_in(stack.port)
        idle = _seconds(stack, [_stop(visitor, campaign) for campaign in range(1, TRIES + 1)])
        resume = _start(visitor, kind="resume", scope="filter", campaign=str(2 * TRIES + 1), status="PAUSED")
        _wait_until(visitor, resume, "running")
        busy = _seconds(stack, [_stop(visitor, campaign) for campaign in range(TRIES + 1, 2 * TRIES + 1)])
        if _state(visitor, resume) != "running":
            sys.exit("The resume ended before the last stop.")
    most = TIMES_FLOOR * floor + BESIDE
    figures = [Figure("the floor of a stop", floor, "s")]
    for name, seconds in (("idle", idle), (f"while {RESUMED:,} others are resumed", busy)):
        figures += [
            Figure(f"click to last confirmed pause, {name}, p50", p50(seconds), "s", round(most, 1)),
            Figure(f"click to last confirmed pause, {name}, p95", p95(seconds), "s"),
        ]
    return figures


@contextmanager
def _workers(stack: Stack) -> Iterator[None]:
    """Run the workers of both queues, as the Procfile does."""
    with ExitStack() as running_ones:
        folder = Path(running_ones.enter_context(TemporaryDirectory(prefix="benchmark-")))
        for name in ("worker", "stopper", "sweep"):
            log = running_ones.enter_context((folder / name).open("w"))
            running_ones.enter_context(process(procfile(name), stack.variables, log))
        yield


def _stop(visitor: Visitor, campaign: int) -> tuple[int, float]:
    """Pause a campaign with one click; return its operation, and when it was clicked."""
    page = visitor.get(f"/campaigns/{campaign}/")
    clicked = time.time()
    operation = _start(visitor, page=page, kind="pause", scope="campaign", campaign=str(campaign))
    _wait_until(visitor, operation, "finished")
    return operation, clicked


def _start(visitor: Visitor, *, page: Answer | None = None, **fields: str) -> int:
    found = visitor.post("/operations/", page or visitor.get("/batches/"), confirm="1", **fields)
    location = re.search(r"/operations/([0-9]+)/", found.headers.get("Location", ""))
    if location is None:
        sys.exit(f"The operation did not start: {found.status}")
    return int(location[1])


def _wait_until(visitor: Visitor, operation: int, state: str) -> None:
    ends = time.monotonic() + MOST_SECONDS
    while _state(visitor, operation) != state:
        if time.monotonic() > ends:
            sys.exit(f"Operation {operation} is not {state} after {MOST_SECONDS} seconds.")
        time.sleep(LOOK_SECONDS)


def _state(visitor: Visitor, operation: int) -> str:
    found = STATE.search(visitor.get(f"/operations/{operation}/").text)
    return found[1] if found else ""


def _seconds(stack: Stack, stops: Sequence[tuple[int, float]]) -> list[float]:
    """Return the seconds from each click to the last confirmed pause."""
    command = [sys.executable, "-m", "benchmarks.stop_times", *(str(operation) for operation, _ in stops)]
    done = subprocess.run(command, cwd=ROOT, env=stack.variables, capture_output=True, text=True, check=True)  # noqa: S603
    ended = json.loads(done.stdout)
    if None in ended:
        sys.exit("A stop did not get all its batches.")
    return [end - clicked for end, (_, clicked) in zip(ended, stops, strict=True)]
