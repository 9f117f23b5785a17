"""Overview: beside Django's admin, and with many batches beside few, visited in turn."""

import sys
from functools import partial

from benchmarks.beside_admin import CHANGELIST
from benchmarks.figures import Figure
from benchmarks.own_time import TIMED, in_turn, ratios
from benchmarks.pages import ROWS
from benchmarks.stack import Stack, run, running
from benchmarks.visitor import ADMINISTRATOR, Visitor, WrongAnswer

OVERVIEW = "/"
FEW, MANY = 200, 100_000
WARM_UP = 20
TIMES = 200


def measure() -> list[Figure]:
    """Run two servers with databases of their own, and visit both as one person each."""
    peer = {"application": TIMED, "settings": "benchmarks.peer.settings"}
    with running(**peer) as few, running(**peer) as many:
        run([sys.executable, "-m", "benchmarks.peer.fill"], few.variables)
        small, large = _visitor(few, FEW), _visitor(many, MANY)
        if small.get(CHANGELIST).text.count('class="action-select"') != ROWS:
            raise WrongAnswer(f"the admin's changelist does not have {ROWS} rows")
        visits = {
            "few": partial(small.get, OVERVIEW),
            "many": partial(large.get, OVERVIEW),
            "changelist": partial(small.get, CHANGELIST),
        }
        times = in_turn(visits, times=TIMES, warm_up=WARM_UP)
    return [
        *ratios(f"overview with {FEW} batches / changelist of 100", times["few"], times["changelist"], 0.5),
        *ratios(f"overview with {MANY} batches / changelist of 100", times["many"], times["changelist"], 0.5),
        *ratios(f"overview with {MANY} batches / with {FEW}", times["many"], times["few"], 1.1),
    ]


def _visitor(stack: Stack, count: int) -> Visitor:
    run([sys.executable, "-m", "benchmarks.peer.fill_sightings", str(count)], stack.variables)
    visitor = Visitor.logged_in(stack.port, email=ADMINISTRATOR)
    if "as of" not in visitor.get(OVERVIEW).text:
        raise WrongAnswer("the overview shows nothing that the watcher saw")
    return visitor
