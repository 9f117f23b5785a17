"""The queues of the background in Redis."""

from django_tasks_rq import RQBackend


class RedisQueues(RQBackend):
    """Puts a task of the highest priority in front of its queue, as RQBackend does without saying that it can."""

    supports_priority = True
