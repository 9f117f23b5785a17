"""The background queues in Redis."""

from django_tasks_rq import RQBackend


class RedisQueues(RQBackend):
    """A backend that puts tasks of the highest priority first in their queue.

    RQBackend does so too but does not declare it.
    """

    supports_priority = True
