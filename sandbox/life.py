"""Time passes: batches make progress, expire, turn idle out of hours and become active again.

A caller of `advance` says what time it is and how much of it has passed, so that no test has to wait. Some entries in a
batch's `more` are of this module alone:

- `stays_connected`: the share of the batch's requests, True for all, that stay CONNECTED when they have ended;
- `begins_late`: whether requests stay INITIATED while their calls are in progress;
- `ended_at`: when its last request ended;
- `ends_late`: for how many seconds people talk, where that is not TALKING;
- `starts_late`: how many requests begin soon after the batch was stopped, because they had left for their channel.

In such batches only the channel's own status tells whether a request is under way.
"""

import math
import random
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sandbox.hours import Hours, Zone, open_hours, own_zone
from sandbox.pace import batch_rate, paced_rate
from sandbox.store import Store
from sandbox.tables import UNDER_WAY, Row
from sandbox.times import moment, timestamp

TICK_SECONDS = 1.0
RINGING = timedelta(seconds=15)
TALKING = timedelta(seconds=75)
# After a stop, for requests that had left for their channel.
LATE = timedelta(seconds=10)
STOPPED = ("PAUSED", "CANCELED", "EXPIRED")
UNANSWERED = ("NO_ANSWER", "BUSY", "FAILED")
SUMMARIES = {
    "Good": (
        "The customer confirmed the appointment and the call ended positively.",
        "The customer asked for directions and confirmed that they will come.",
        "The customer service agent answered every question and the caller was satisfied.",
    ),
    "Average": (
        "The customer asked to be called back next week.",
        "The customer listened and did not want to decide yet.",
    ),
    "Poor": ("The customer asked not to be called again.",),
}


# Columns of requests, each named by its rowid.
Changes = list[tuple[int, Row]]


@dataclass
class Quota:
    """How many reference ids of a campaign may have outreach on one day (None: any number), and which had it."""

    most: int | None
    reached: set[str] = field(default_factory=set)

    def take(self, reference_id: str) -> bool:
        """Return whether there may be outreach to a reference id, and count it once."""
        if self.most is not None and reference_id not in self.reached and len(self.reached) >= self.most:
            return False
        self.reached.add(reference_id)
        return True


def advance(store: Store, now: datetime, seconds: float, *, zone: Zone = own_zone) -> None:
    """Let the `seconds` before `now` (aware) pass. `zone` tells in which zone a campaign calls.

    An expiry that passed makes a PENDING, ACTIVE, IDLE or PAUSED batch EXPIRED. An ACTIVE batch starts requests at its
    rate (`pace.py`), within its campaign's maximum for the day, and finishes those that it started. A batch is IDLE
    outside the campaign's calling hours (`hours.py`) and when everything is done, and ACTIVE again when there is
    something to do within them. In a batch that was stopped, requests that were under way end. No other batch moves.
    """
    with store.transaction():
        expired = "status IN ('PENDING', 'ACTIVE', 'IDLE', 'PAUSED') AND expires_epoch <= ?"
        for row in store.rows(f"SELECT batch_id FROM batches WHERE {expired}", now.timestamp()):
            store.change_batch(row["batch_id"], status="EXPIRED", last_updated_at=timestamp(now))
        living: dict[object, list[Row]] = {}
        for row in store.rows("SELECT * FROM batches WHERE status IN ('ACTIVE', 'IDLE')"):
            living.setdefault(row["campaign_id"], []).append(row)
        for campaign_id, batches in living.items():
            if campaign := store.campaign(campaign_id):
                _call(store, campaign | {"timezone": zone(store, campaign)}, batches, now, seconds)
        for row in store.rows(f"SELECT DISTINCT batch_id FROM requests WHERE {UNDER_WAY}"):
            batch = store.batch(row["batch_id"])
            if batch and batch["status"] in STOPPED and (campaign := store.campaign(batch["campaign_id"])):
                _wind_down(store, batch, campaign, now)


def ended_at(store: Store, batch_id: str) -> datetime | None:
    """Return when a batch ended its last request, None while it has one that is not ended.

    None, too, where no request ended while time passed in the sandbox.
    """
    batch = store.batch(batch_id)
    at = moment(batch["more"].get("ended_at")) if batch else None
    is_open = f"SELECT 1 FROM requests WHERE batch_id = ? AND (status = 'PENDING' OR {UNDER_WAY}) LIMIT 1"
    return None if at is None or store.rows(is_open, batch_id) else datetime.fromtimestamp(at, UTC)


def _call(store: Store, campaign: Row, batches: Iterable[Row], now: datetime, seconds: float) -> None:
    hours = open_hours(campaign, now)
    quota = _quota(store, campaign, hours) if hours else None
    for batch in batches:
        _live(store, batch, campaign, now, seconds, quota)


def _quota(store: Store, campaign: Row, hours: Hours) -> Quota:
    if hours.most is None:
        return Quota(None)
    reached = (
        "SELECT DISTINCT reference_id FROM requests JOIN batches USING (batch_id)"
        " WHERE campaign_id = ? AND moment(sent_at) >= ?"
    )
    rows = store.rows(reached, campaign["id"], hours.since.timestamp())
    return Quota(hours.most, {row["reference_id"] for row in rows})


def _live(store: Store, batch: Row, campaign: Row, now: datetime, seconds: float, quota: Quota | None) -> None:
    """Let time pass for one batch; without a quota, its campaign does not call now."""
    batch_id, more = batch["batch_id"], batch["more"]
    pending = store.status_counts(batch_id).get("PENDING", 0)
    under_way = store.rows(f"SELECT rowid, * FROM requests WHERE batch_id = ? AND {UNDER_WAY}", batch_id)
    if quota is None or not (pending or under_way):
        if batch["status"] == "ACTIVE":
            store.change_batch(batch_id, status="IDLE", last_updated_at=timestamp(now))
        return
    if batch["status"] == "IDLE":
        store.change_batch(batch_id, status="ACTIVE", last_updated_at=timestamp(now))
    if more.get("auto_call_rate") and not more.get("auto_call_rate_baseline"):
        more["auto_call_rate_baseline"] = paced_rate(batch, campaign, pending, now)
        store.change_batch(batch_id, more=more)
    ends, answers = _progress(batch, under_way, campaign, now)
    starts = _starts(store, batch_id, due(batch_id, batch_rate(batch, campaign), now, seconds), now, quota)
    if ends or answers or starts:
        store.change_requests(ends + answers + starts)
        store.change_batch(batch_id, last_worked_on=timestamp(now))
    if not pending and len(ends) == len(under_way):
        store.change_batch(batch_id, more=more | {"ended_at": timestamp(now)})


def _wind_down(store: Store, batch: Row, campaign: Row, now: datetime) -> None:
    """Let time pass for the requests of a stopped batch that are under way."""
    batch_id, more = batch["batch_id"], batch["more"]
    under_way = store.rows(f"SELECT rowid, * FROM requests WHERE batch_id = ? AND {UNDER_WAY}", batch_id)
    ends, answers = _progress(batch, under_way, campaign, now)
    starts: Changes = []
    stopped_at = moment(batch["last_updated_at"]) or 0
    if more.get("starts_late") and now.timestamp() >= stopped_at + LATE.total_seconds():
        starts = _starts(store, batch_id, more["starts_late"], now, Quota(None))
        store.change_batch(batch_id, more=more | {"starts_late": 0})
    if ends or answers or starts:
        store.change_requests(ends + answers + starts)
        store.change_batch(batch_id, last_worked_on=timestamp(now))


def due(batch_id: str, rate: float, now: datetime, seconds: float) -> int:
    """Return how many requests a batch starts in the `seconds` before `now`.

    Over any stretch of time, however it is cut, the numbers add up to `rate` calls an hour. Each batch has its own
    beat, so that they do not all move at once.
    """
    beat = zlib.crc32(batch_id.encode("utf-8", "replace")) % 1000 / 1000
    until = now.timestamp()
    return math.floor(until * rate / 3600 + beat) - math.floor((until - seconds) * rate / 3600 + beat)


def _starts(store: Store, batch_id: str, number: int, now: datetime, quota: Quota) -> Changes:
    if number < 1:
        return []
    query = "SELECT rowid, reference_id FROM requests WHERE batch_id = ? AND status = 'PENDING' ORDER BY rowid LIMIT ?"
    started = {
        "status": "INITIATED",
        "channel_manager_status": "INITIATED",
        "sent_at": timestamp(now),
        "attempt_count": 1,
    }
    return [(row["rowid"], started) for row in store.rows(query, batch_id, number) if quota.take(row["reference_id"])]


def _progress(batch: Row, under_way: Iterable[Row], campaign: Row, now: datetime) -> tuple[Changes, Changes]:
    """Return the requests that end, and those whose call begins."""
    batch_id = batch["batch_id"]
    talking = batch["more"].get("ends_late") or TALKING.total_seconds()
    answered = {"channel_manager_status": "IN_PROGRESS"}
    if not batch["more"].get("begins_late"):
        answered["status"] = "CONNECTED"
    ends, answers = [], []
    for row in under_way:
        age = now.timestamp() - (moment(row["sent_at"]) or 0)
        if age < RINGING.total_seconds():
            continue
        end = outcome(batch_id, row["reference_id"], retry_count=campaign["more"].get("retry_count"))
        if end["status"] == "FAILED" or age >= talking:
            ends.append((row["rowid"], end | _ended_status(batch, row)))
        elif row["channel_manager_status"] != "IN_PROGRESS":
            answers.append((row["rowid"], answered | {"channel_manager_sid": end["channel_manager_sid"]}))
    return ends, answers


def _ended_status(batch: Row, request: Row) -> Row:
    """Return the status of a request that ended, where that is not the status of its outcome."""
    share = batch["more"].get("stays_connected") or 0
    chance = random.Random(f"{batch['batch_id']}/{request['reference_id']}/stays")
    return {"status": "CONNECTED"} if chance.random() < share else {}


def outcome(batch_id: str, reference_id: str, *, retry_count: object = 0) -> Row:
    """Return how a request ends: the same request always ends in the same way."""
    fate = random.Random(f"{batch_id}/{reference_id}")
    retries = retry_count if isinstance(retry_count, int) and retry_count > 0 else 0
    end: Row = {
        "channel_manager_sid": f"LM{fate.getrandbits(128):032x}",
        "attempt_count": 1 + (fate.randint(0, min(retries, 10)) if retries else 0),
    }
    if fate.random() < 0.22:
        return {**end, "status": "FAILED", "channel_manager_status": fate.choice(UNANSWERED)}
    session = fate.randint(100_000, 999_999)
    end |= {
        "status": "COMPLETED",
        "channel_manager_status": "COMPLETED",
        "session_id": session,
        "conversation_id": session + 1_000_000,
        "insights_status": "COMPLETED",
    }
    rating = fate.choices(list(SUMMARIES), weights=(7, 3, 1))[0]
    return {**end, "insights": {"rating": rating, "summary": fate.choice(SUMMARIES[rating])}}
