"""What the processes do: look, carry out, mail, seal, deliver; and the database beneath."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from accounts.mail import mail_state
from batches.models import WatchState
from batches.selectors.status.queues import Queue, queues_read
from batches.status import Check, Finding, Subject
from common.migrated import NotMigrated, require_migrations
from trail.sealer import seal_state
from trail.stream import stream_state

# Tasks and entries that wait for longer wait for somebody.
LATE = timedelta(minutes=1)
# A look may take so much longer than usual before it is late.
LOOKS_LATE = 3
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def watch_state() -> WatchState | None:
    """Return how the watcher is doing; None where it never looked."""
    return WatchState.objects.filter(pk=1).first()


def look_check(now: datetime) -> Check:
    """Return whether the watcher sees the batches."""
    interval = settings.WATCH_INTERVAL
    if not interval:
        return Check(Subject.LOOKS, Finding.LOOKS_OFF)
    state = watch_state()
    if state is None or not (state.looked_at or state.failing_since):
        return Check(Subject.LOOKS, Finding.NEVER_LOOKED)
    facts = {"at": state.looked_at, "since": state.failing_since, "problem": state.get_problem_display()}
    if state.failing_since:
        return Check(Subject.LOOKS, Finding.CANNOT_LOOK, facts)
    is_late = state.looked_at is None or now - state.looked_at > LATE + LOOKS_LATE * timedelta(seconds=interval)
    return Check(Subject.LOOKS, Finding.LOOK_LATE if is_late else Finding.LOOKED, facts)


def queue_checks(now: datetime) -> list[Check]:
    """Return whether the queues move."""
    return [_queue_check(queue, now) for queue in queues_read()]


def _queue_check(queue: Queue, now: datetime) -> Check:
    if queue.waiting is None:
        return Check(Subject.QUEUE, Finding.QUEUE_UNREACHABLE, of=queue.name)
    if not queue.waiting:
        return Check(Subject.QUEUE, Finding.QUEUE_EMPTY, of=queue.name)
    is_stuck = queue.since is not None and now - queue.since > LATE
    facts = {"count": queue.waiting, "since": queue.since}
    return Check(Subject.QUEUE, Finding.QUEUE_STUCK if is_stuck else Finding.QUEUE_MOVES, facts, of=queue.name)


def mail_check() -> Check:
    """Return whether emails go out."""
    state = mail_state()
    if not settings.MAIL_DELIVERS:
        return Check(Subject.MAIL, Finding.MAIL_OFF)
    if state.delayed:
        return Check(Subject.MAIL, Finding.MAIL_DELAYED, {"count": state.delayed})
    if state.problem:
        return Check(Subject.MAIL, Finding.MAIL_FAILED, {"at": state.ended_at, "problem": state.problem.label})
    return Check(Subject.MAIL, Finding.MAIL_SENT if state.ended_at else Finding.MAIL_READY, {"at": state.ended_at})


def seal_check(now: datetime) -> Check:
    """Return whether new entries of the trail are sealed."""
    state = seal_state()
    if not state.waiting:
        return Check(Subject.SEALS, Finding.SEALED)
    is_late = state.waiting_since is not None and now - state.waiting_since > LATE
    facts = {"count": state.waiting, "since": state.waiting_since}
    return Check(Subject.SEALS, Finding.SEALS_LATE if is_late else Finding.SEALS_WAIT, facts)


def stream_check(now: datetime) -> Check:
    """Return whether the log system has the trail."""
    state = stream_state()
    facts: dict[str, Any] = {"count": state.waiting, "since": state.waiting_since, "at": state.delivered_at}
    if not state.is_on:
        return Check(Subject.DELIVERIES, Finding.DELIVERIES_OFF)
    if state.problem:
        facts |= {"since": state.failing_since, "problem": state.problem, "status": state.status}
        return Check(Subject.DELIVERIES, Finding.DELIVERIES_FAIL, facts)
    if not state.waiting_since:
        return Check(Subject.DELIVERIES, Finding.DELIVERED if state.delivered_at else Finding.DELIVERIES_READY, facts)
    is_late = now - state.waiting_since > LATE
    return Check(Subject.DELIVERIES, Finding.DELIVERIES_LATE if is_late else Finding.DELIVERIES_WAIT, facts)


def database_check() -> Check:
    """Return whether the database is as this version needs it."""
    facts = {"kind": DATABASES.get(connection.vendor, connection.vendor)}
    try:
        require_migrations()
    except NotMigrated:
        return Check(Subject.DATABASE, Finding.NOT_MIGRATED, facts)
    return Check(Subject.DATABASE, Finding.MIGRATED, facts)
