"""Heartbeats as processes leave them."""

from datetime import timedelta

from common.clock import from_now
from common.counters import to_json
from common.models import ProcessHeartbeat


def heartbeat_add(process, *, ago=0.0, age=3600.0, calls=None, **fields):
    """Add the heartbeat of a process as it was `ago` seconds ago, of one that began `age` seconds ago.

    `calls` are numbers of calls to the API in the lane of pages, by result.
    """
    counters = {("outbound_api_calls", ("pages", result)): number for result, number in (calls or {}).items()}
    row = ProcessHeartbeat.objects.create(
        process=process,
        instance=fields.pop("instance", f"machine-{ProcessHeartbeat.objects.count()}"),
        beat_at=from_now(-timedelta(seconds=ago)),
        started_at=from_now(-timedelta(seconds=age)),
        counters=to_json(counters),
        **fields,
    )
    row.refresh_from_db()
    return row


def grow_old(seconds, **which):
    """Let heartbeats be from so many seconds earlier."""
    for row in ProcessHeartbeat.objects.filter(**which):
        row.beat_at -= timedelta(seconds=seconds)
        row.save()
