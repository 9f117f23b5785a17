"""Against another checkout: the time of each page here divided by its time there, with both visited in turn."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.own_time import TIMED, in_turn, ratios
from benchmarks.pages import LIST, batch_with_history
from benchmarks.stack import Stack, process, procfile, running
from benchmarks.visitor import Answer, Visitor, WrongAnswer

WARM_UP = 20
TIMES = 200
MOST = 1.1
OPERATION_SECONDS = 120
CAMPAIGN = re.compile(r'href="/campaigns/([0-9]+)/"')
FINGERPRINT = re.compile(r'name="fingerprint" value="([^"]+)"')


def measure(checkout: Path) -> list[Figure]:
    """Start two servers, each with a database and a sandbox of its own, filled alike.

    `checkout` is the older version.
    """
    if os.environ.get("BENCHMARK_DATABASE_URL"):
        sys.exit("Two checkouts do not share a database: unset BENCHMARK_DATABASE_URL.")
    with running(application=TIMED, checkout=checkout) as there, running(application=TIMED) as here:
        before, after = _visits(there), _visits(here)
        pairs = {(name, side): visits[name] for name in after for side, visits in enumerate((before, after))}
        times = in_turn(pairs, times=TIMES, warm_up=WARM_UP)
    return [figure for name in after for figure in ratios(name, times[name, 1], times[name, 0], MOST)]


def _visits(stack: Stack) -> dict[str, Callable[[], Answer]]:
    """Return the pages, after an operation over a campaign and some changes of a batch."""
    visitor = Visitor.logged_in(stack.port)
    campaign, operation = _paused_campaign(visitor, stack)
    address = batch_with_history(visitor)
    batch = visitor.get(address)
    fingerprint = FINGERPRINT.search(batch.text)
    if fingerprint is None:
        raise WrongAnswer("the page of a batch has no form")
    edit = {"status": "PAUSED", "fingerprint": fingerprint[1]}
    paths = {
        "list of 100 rows": LIST,
        "batch": address,
        "requests of a batch": f"{address}requests/",
        "campaigns": "/campaigns/",
        "a campaign": f"/campaigns/{campaign}/",
        "changes": "/changes/",
        "a change": "/changes/1/",
        "operations": "/operations/",
        "an operation": operation,
        "profile": "/accounts/profile/",
    }
    visits = {name: partial(visitor.get, path) for name, path in paths.items()}
    return visits | {"review of an edit": partial(visitor.post, f"{address}edit/", batch, **edit)}


def _paused_campaign(visitor: Visitor, stack: Stack) -> tuple[str, str]:
    """Return a campaign by its number, and the address of a finished operation that paused it."""
    page = visitor.get("/campaigns/")
    campaign = CAMPAIGN.search(page.text)
    if campaign is None:
        raise WrongAnswer("there is no campaign")
    body = {"kind": "pause", "scope": "campaign", "campaign": campaign[1], "confirm": "1"}
    answer = visitor.post("/operations/", page, **body)
    if answer.status != 302:
        raise WrongAnswer(f"to pause a campaign answers {answer.status}")
    address = answer.headers["Location"]
    worker = procfile("stopper", checkout=stack.checkout)
    ends = time.monotonic() + OPERATION_SECONDS
    with process(worker, stack.variables, subprocess.DEVNULL, checkout=stack.checkout):
        while f"{address}abort/" in visitor.get(address).text:
            if time.monotonic() > ends:
                raise WrongAnswer("the operation does not end")
            time.sleep(0.25)
    return campaign[1], address
