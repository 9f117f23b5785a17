"""How pages say how far requests are, and what is left to do."""

from datetime import datetime, timedelta

from common.moments import NOTHING

TO = NOTHING


def progress_text(total: int | None, ended: int | None, failed: int | None) -> str:
    """Return `128 of 162 · 14 % failed`, "" where the counts are not known."""
    if total is None or ended is None:
        return ""
    share = f" · {failed_percent(ended, failed)} % failed" if failed else ""
    return f"{ended:,} of {total:,}{share}"


def failed_percent(ended: int, failed: int | None) -> int:
    """Return how many of 100 ended requests failed, never 0 where one did, never 100 where one did not."""
    if not ended or not failed:
        return 0
    return 100 if failed >= ended else min(max(round(100 * failed / ended), 1), 99)


def time_left_text(ends_from: datetime | None, ends_until: datetime | None, now: datetime) -> str:
    """Return `about 40 min left`, or `27 to 37 min left` where that is not known well; "" where it is not known."""
    if ends_from is None or ends_until is None or ends_until <= now:
        return ""
    (least, least_unit), (most, most_unit) = (_length(max(at - now, timedelta())) for at in (ends_from, ends_until))
    if (least, least_unit) == (most, most_unit):
        return f"about {most} {most_unit} left" if most else "under a minute left"
    return f"{least}{'' if least_unit == most_unit else f' {least_unit}'} to {most} {most_unit} left"


def _length(left: timedelta) -> tuple[int, str]:
    """Return a length in the largest unit in which it is two or more."""
    for unit, length in (("d", timedelta(days=1)), ("h", timedelta(hours=1))):
        if left >= 2 * length:
            return round(left / length), unit
    return round(left / timedelta(minutes=1)), "min"


def unreached_text(unreached_from: int | None, unreached_until: int | None) -> str:
    """Return that the expiry comes before some people were reached, "" where it does not."""
    if not unreached_until:
        return ""
    least = unreached_from or 0
    many = f"about {unreached_until:,}" if least == unreached_until else f"{least:,}{TO}{unreached_until:,}"
    who = "1 person" if least == unreached_until == 1 else f"{many} people"
    return f"Expires first: {who} will not be reached."
