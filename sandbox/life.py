"""Time passes: batches make progress, expire, turn idle out of hours and become active again.

A caller of `advance` says what time it is and how much of it has passed, so that no test has to wait.
"""

import math
import random
import zlib
from datetime import datetime, timedelta

from sandbox.pace import batch_rate, paced_rate, within_hours
from sandbox.store import Store
from sandbox.tables import Row
from sandbox.times import moment, timestamp

TICK_SECONDS = 1.0
RINGING = timedelta(seconds=15)
TALKING = timedelta(seconds=75)
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


def advance(store: Store, now: datetime, seconds: float) -> None:
    """Let the `seconds` before `now` (aware) pass.

    An expiry that passed makes a PENDING, ACTIVE, IDLE or PAUSED batch EXPIRED. An ACTIVE batch starts requests at its
    rate (`pace.py`) and finishes those that it started. A batch is IDLE outside the campaign's calling hours and when
    everything is done, and ACTIVE again when there is something to do within them. No other batch moves.
    """
    with store.transaction():
        expired = "status IN ('PENDING', 'ACTIVE', 'IDLE', 'PAUSED') AND expires_epoch <= ?"
        for row in store.rows(f"SELECT batch_id FROM batches WHERE {expired}", now.timestamp()):
            store.change_batch(row["batch_id"], status="EXPIRED", last_updated_at=timestamp(now))
        campaigns = {row["id"]: row for row in store.rows("SELECT * FROM campaigns")}
        for row in store.rows("SELECT * FROM batches WHERE status IN ('ACTIVE', 'IDLE')"):
            if row["campaign_id"] in campaigns:
                _live(store, row, campaigns[row["campaign_id"]], now, seconds)


def _live(store: Store, batch: Row, campaign: Row, now: datetime, seconds: float) -> None:
    batch_id = batch["batch_id"]
    counts = store.status_counts(batch_id)
    open_requests = sum(counts.get(status, 0) for status in ("PENDING", "INITIATED", "CONNECTED"))
    if not open_requests or not within_hours(campaign, now):
        if batch["status"] == "ACTIVE":
            store.change_batch(batch_id, status="IDLE", last_updated_at=timestamp(now))
        return
    if batch["status"] == "IDLE":
        store.change_batch(batch_id, status="ACTIVE", last_updated_at=timestamp(now))
    if batch["more"].get("auto_call_rate") and not batch["more"].get("auto_call_rate_baseline"):
        batch["more"]["auto_call_rate_baseline"] = paced_rate(batch, campaign, counts.get("PENDING", 0), now)
        store.change_batch(batch_id, more=batch["more"])
    rate = batch_rate(batch, campaign)
    changes = _progress(store, batch_id, campaign, now) + _starts(store, batch_id, rate, now, seconds)
    if changes:
        store.change_requests(changes)
        store.change_batch(batch_id, last_worked_on=timestamp(now))


def due(batch_id: str, rate: float, now: datetime, seconds: float) -> int:
    """Return how many requests a batch starts in the `seconds` before `now`.

    Over any stretch of time, however it is cut, the numbers add up to `rate` calls an hour. Each batch has its own
    beat, so that they do not all move at once.
    """
    beat = zlib.crc32(batch_id.encode("utf-8", "replace")) % 1000 / 1000
    until = now.timestamp()
    return math.floor(until * rate / 3600 + beat) - math.floor((until - seconds) * rate / 3600 + beat)


def _starts(store: Store, batch_id: str, rate: float, now: datetime, seconds: float) -> list[tuple[int, Row]]:
    number = due(batch_id, rate, now, seconds)
    if number < 1:
        return []
    query = "SELECT rowid FROM requests WHERE batch_id = ? AND status = 'PENDING' ORDER BY rowid LIMIT ?"
    started = {"status": "INITIATED", "channel_manager_status": "INITIATED", "sent_at": timestamp(now)}
    return [(row["rowid"], {**started, "attempt_count": 1}) for row in store.rows(query, batch_id, number)]


def _progress(store: Store, batch_id: str, campaign: Row, now: datetime) -> list[tuple[int, Row]]:
    query = "SELECT rowid, * FROM requests WHERE batch_id = ? AND status IN ('INITIATED', 'CONNECTED')"
    changes = []
    for row in store.rows(query, batch_id):
        age = now.timestamp() - (moment(row["sent_at"]) or 0)
        if age < RINGING.total_seconds():
            continue
        end = outcome(batch_id, row["reference_id"], retry_count=campaign["more"].get("retry_count"))
        if end["status"] == "FAILED" or age >= TALKING.total_seconds():
            changes.append((row["rowid"], end))
        elif row["status"] == "INITIATED":
            connected = {"status": "CONNECTED", "channel_manager_status": "IN_PROGRESS"}
            changes.append((row["rowid"], {**connected, "channel_manager_sid": end["channel_manager_sid"]}))
    return changes


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
