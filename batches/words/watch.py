"""How lists that are drawn from what the watcher saw say that it does not look."""

from typing import Any

from batches.models import WatchProblem
from common.moments import clock

NOT_RUNNING = "The watcher does not run. An administrator can start its process."


def watch_trouble(watching: Any) -> str:
    """Return since when the watcher (`selectors.watching.Watching`) cannot look, and why; "" where it looks."""
    match watching.watch:
        case "failing":
            known = watching.problem in WatchProblem.values
            why = f" {WatchProblem(watching.problem).label}." if known else ""
            return f"The watcher cannot look since {clock(watching.since)}.{why}"
        case "silent":
            return f"Nobody has looked at the batches since {clock(watching.since)}. {NOT_RUNNING}"
    return ""


def nothing_seen(watching: Any) -> tuple[str, str]:
    """Return why there is nothing to show from the watcher: a title, and what to do."""
    if watching.watch == "off":
        return "The watcher is turned off", "Only the watcher can filter or sort like that."
    body = "The batches appear after its first look. If that takes minutes, its process does not run."
    return "The watcher has not looked yet", body
