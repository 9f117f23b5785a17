"""How the overview speaks: what runs now, and how far what it shows can be relied on."""

from dataclasses import dataclass
from typing import Any

from batches.models import WatchProblem
from batches.words.batch import NO_STATUS
from batches.words.operation import WORDS, batches
from batches.words.time_left import percent
from batches.words.tones import Alert
from common.moments import NOTHING, clock
from common.untrusted import visible
from syllable.schemas import BatchStatus

# Of fewer requests a share says little.
ENOUGH = 10
MANY = 0.5
WITHOUT = "The list, each batch, and every action read Syllable directly and do not need the watcher."


@dataclass(frozen=True, slots=True)
class WatchNotice:
    """What a page says of the watcher. `kind` is that of an alert."""

    kind: Alert
    title: str
    body: str


def watch_notice(watching: Any) -> WatchNotice | None:
    """Return what is to be said of the watcher (`selectors.watching.Watching`), None where it looks."""
    match watching.watch:
        case "failing":
            return WatchNotice(Alert.DANGER, _failing_title(watching), f"{_problem(watching)} {WITHOUT}")
        case "silent":
            title = f"Nobody has looked at the batches since {clock(watching.since)}."
            body = "The numbers below are old. The watcher does not run: an administrator can start its process."
            return WatchNotice(Alert.DANGER, title, f"{body} {WITHOUT}")
        case "never":
            body = "The numbers appear after its first look. If that takes minutes, its process does not run."
            return WatchNotice(Alert.INFO, "The watcher has not looked yet.", f"{body} {WITHOUT}")
        case "off":
            old = watching.looked_at
            body = f"The numbers below are from {clock(old)}." if old else "So this page knows no numbers."
            return WatchNotice(Alert.WARNING if old else Alert.INFO, "The watcher is turned off.", f"{body} {WITHOUT}")
    return None


def _failing_title(watching: Any) -> str:
    if watching.looked_at is None:
        return f"The watcher cannot look at the batches since {clock(watching.since)}."
    return f"The numbers below are old. The watcher cannot look since {clock(watching.since)}."


def _problem(watching: Any) -> str:
    known = watching.problem in WatchProblem.values
    why = f"{WatchProblem(watching.problem).label}." if known else ""
    again = (
        f"The watcher tries again at {clock(watching.retry_at)}." if watching.retry_at else "The watcher keeps trying."
    )
    return f"{why} {again}".strip()


def headline(overview: Any) -> str:
    """Return what runs now in one sentence."""
    if overview.watching.looked_at is None:
        return "What is running is not known here."
    active = overview.now_active.batches
    if overview.watching.is_old:
        number = batches(active) if active else "No batch"
        return f"{number} {'was' if active <= 1 else 'were'} active at {clock(overview.watching.looked_at)}."
    if not active:
        return "No batch is active."
    return f"{batches(active)} {'is' if active == 1 else 'are'} active."


def others_text(overview: Any) -> str:
    """Return how many other batches are not over: `3 pending, 2 idle, 12 paused`, "" for none."""
    order = (BatchStatus.PENDING, BatchStatus.IDLE, BatchStatus.PAUSED)
    statuses = [*order, *sorted(overview.by_status.keys() - {*order, BatchStatus.ACTIVE})]
    known = [(status, overview.by_status[status].batches) for status in statuses if status in overview.by_status]
    return ", ".join(f"{count:,} {WORDS.get(status, visible(status) or NO_STATUS)}" for status, count in known)


def counted_text(overview: Any) -> str:
    """Return of how many active batches the requests are not known yet, "" where they are of all."""
    missing = overview.now_active.batches - overview.now_active.counted
    return f"{batches(missing)} not counted yet" if missing else ""


def reach_text(overview: Any) -> str:
    """Return how many people paused batches would still reach, "" for none."""
    paused = overview.by_status.get(BatchStatus.PAUSED)
    return f"{paused.pending:,} more in paused batches" if paused and paused.pending else ""


def failures_text(overview: Any) -> str:
    """Return how many batches failed lately; with a plus where only so many are counted."""
    count = len(overview.failures)
    return f"{count}+" if overview.has_more_failures else str(count)


def pace_number(trend: Any) -> str:
    """Return how many requests ended a minute: `9.4`, from ten on without a fraction."""
    if trend is None:
        return NOTHING
    pace = trend.per_minute
    return f"{pace:,.0f}" if pace >= 10 or not pace else f"{pace:.1f}"


def failing_text(trend: Any) -> str:
    """Return the share of the newest requests that failed: `14 %`, a dash where none ended."""
    ended, failed = trend.newest if trend else (0, 0)
    return percent(failed / ended) if failed else "0 %" if ended else NOTHING


def failing_note(trend: Any) -> str:
    """Return of how many requests the share is."""
    ended = trend.newest[0] if trend else 0
    return f"of {ended:,} in 10 minutes" if ended else "none ended in 10 minutes"


def is_failing(trend: Any) -> bool:
    """Return whether so many of the newest requests failed that somebody should look."""
    ended, failed = trend.newest if trend else (0, 0)
    return ended >= ENOUGH and failed / ended >= MANY
