"""What waits in the queues of the workers, wherever these are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count, Min
from django_tasks_db.models import DBTaskResult

# Seconds for an answer of Redis: a page must not wait for one that hangs.
REDIS_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Queue:
    """How many tasks wait in a queue, and since when the first of them does; None for both where nobody can tell."""

    name: str
    waiting: int | None = 0
    since: datetime | None = None


def queues_read() -> list[Queue]:
    """Return the queues. Takes one query, or some calls to Redis."""
    return _of_redis() if settings.REDIS_URL else _of_the_database()


def _of_the_database() -> list[Queue]:
    ready = DBTaskResult.objects.ready().order_by().values("queue_name")
    found = {row["queue_name"]: row for row in ready.annotate(waiting=Count("pk"), since=Min("enqueued_at"))}
    return [
        Queue(name, found[name]["waiting"], found[name]["since"]) if name in found else Queue(name)
        for name in settings.QUEUES
    ]


def _of_redis() -> list[Queue]:
    # They are loaded where the queues are in Redis.
    from redis import Redis
    from redis.exceptions import RedisError
    from rq import Queue as RedisQueue

    try:
        with Redis.from_url(
            settings.REDIS_URL, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS
        ) as redis:
            return [_of(RedisQueue(name, connection=redis)) for name in settings.QUEUES]
    except RedisError:
        return [Queue(name, waiting=None) for name in settings.QUEUES]


def _of(queue: Any) -> Queue:
    first = queue.fetch_job(ids[0]) if (ids := queue.get_job_ids(0, 1)) else None
    return Queue(queue.name, queue.count, first.enqueued_at if first else None)
