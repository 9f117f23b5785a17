"""How many calls an hour a batch makes."""

from datetime import datetime, timedelta

from sandbox.hours import within_hours
from sandbox.tables import Row
from sandbox.times import moment

STEP = timedelta(minutes=15)
LONGEST_PLAN = timedelta(days=31)


def campaign_rate(campaign: Row) -> float:
    """Return a campaign's calls an hour; 0 where its rate cannot be read."""
    per_minute, pause = campaign["rate"], campaign["more"].get("pause_seconds")
    rate = _positive(per_minute) * 60
    return min(rate, 3600 / pause) if _positive(pause) else rate


def batch_rate(batch: Row, campaign: Row) -> float:
    """Return a batch's calls an hour: its automatic rate, else its own, else its campaign's."""
    more = batch["more"]
    paced = _positive(more.get("auto_call_rate_baseline")) if more.get("auto_call_rate") else 0.0
    return paced or _positive(more.get("call_rate")) or campaign_rate(campaign)


def paced_rate(batch: Row, campaign: Row, waiting: int, now: datetime) -> float | None:
    """Return the calls an hour that finish `waiting` requests before the batch expires; None without an expiry.

    Only the campaign's calling hours count, of the next month at most. The result is between 1 and 3600.
    """
    expires = moment(batch["expires_on"])
    if expires is None:
        return None
    left = min(timedelta(seconds=max(expires - now.timestamp(), 0)), LONGEST_PLAN)
    steps = max(left // STEP, 1)
    share = sum(within_hours(campaign, now + STEP * step) for step in range(steps)) / steps
    hours = max(left * share, STEP) / timedelta(hours=1)
    return round(min(max(waiting / hours, 1.0), 3600.0), 1)


def _positive(number: object) -> float:
    return number if isinstance(number, int | float) and number > 0 else 0.0
