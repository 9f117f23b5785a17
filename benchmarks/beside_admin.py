"""Beside Django's admin: the product's pages divided by the admin's pages of the same columns, visited in turn."""

import sys
from functools import partial

from benchmarks.figures import Figure
from benchmarks.own_time import TIMED, in_turn, ratios
from benchmarks.pages import LIST, ROWS, batch_with_history
from benchmarks.stack import run, running
from benchmarks.visitor import ADMINISTRATOR, Visitor, WrongAnswer

CHANGELIST = "/admin/peer/batch/"
WARM_UP = 20
TIMES = 300


def measure() -> list[Figure]:
    """Visit both on one server, as one person over one connection. See `benchmarks.peer`."""
    with running(application=TIMED, settings="benchmarks.peer.settings") as stack:
        run([sys.executable, "-m", "benchmarks.peer.fill"], stack.variables)
        visitor = Visitor.logged_in(stack.port, email=ADMINISTRATOR)
        if visitor.get(CHANGELIST).text.count('class="action-select"') != ROWS:
            raise WrongAnswer(f"the admin's changelist does not have {ROWS} rows")
        pages = {
            "list": LIST,
            "batch": batch_with_history(visitor),
            "profile": "/accounts/profile/",
            "changelist": CHANGELIST,
            "edit": f"{CHANGELIST}1.1000/change/",
        }
        visits = {name: partial(visitor.get, path) for name, path in pages.items()}
        times = in_turn(visits, times=TIMES, warm_up=WARM_UP)
    return [
        *ratios("list of 100 rows / changelist of 100", times["list"], times["changelist"], 0.33),
        *ratios("batch page / edit page", times["batch"], times["edit"], 0.67),
        *ratios("profile page / edit page", times["profile"], times["edit"], 1.0),
    ]
