"""How pages say how far requests are, and what is left to do, from the columns of what the watcher saw."""

from datetime import datetime

from django.utils import timezone

from batches.estimate import Estimate
from batches.words.time_left import not_reached, pace_words, percent, time_left


def progress_text(total: int | None, ended: int | None, failed: int | None) -> str:
    """Return `128 of 162 · 14 % failed`, "" where the counts are not known."""
    if total is None or ended is None:
        return ""
    share = f" · {percent(failed / ended)} failed" if ended and failed else ""
    return f"{ended:,} of {total:,}{share}"


def time_left_text(ends_from: datetime | None, ends_until: datetime | None, now: datetime | None = None) -> str:
    """Return `about 40 min left` or `about 30 to 50 min left`; "" where that is not known, or lies before `now`.

    Without `now` that is the time.
    """
    if ends_from is None or ends_until is None or ends_until <= (now or timezone.now()):
        return ""
    return time_left(Estimate(ends_from=ends_from, ends_until=ends_until))


def unreached_text(unreached_from: int | None, unreached_until: int | None) -> str:
    """Return that people will not be reached before the expiry, "" where everybody will be."""
    return not_reached(Estimate(unreached=(unreached_from or 0, unreached_until))) if unreached_until else ""


def pace_text(pace: float | None) -> str:
    """Return `9.4 a minute`, "" where the pace is not known."""
    return pace_words(Estimate(pace=pace))
