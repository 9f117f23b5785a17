"""`manage.py work_queue stop`: run a worker for one queue of operations, in the database or in Redis."""

import time
from typing import Any

import structlog
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections
from django.utils.crypto import get_random_string
from django_tasks import TaskResult, TaskResultStatus
from django_tasks.signals import task_finished
from django_tasks_db.management.commands.db_worker import Worker

from common.backoff import Backoff, DatabaseTrouble
from common.counters import TASKS
from common.heartbeat import Heartbeat
from common.models import Process

logger = structlog.get_logger(__name__)

# Seconds between two looks at an empty queue in the database. Somebody may be waiting for a stop.
INTERVAL = {"default": 0.5, "stop": 0.2}
PROCESSES = {"default": Process.WORKER, "stop": Process.STOPPER}


class Command(BaseCommand):
    """Any number of workers may share a queue, on any number of machines.

    On SIGTERM a worker leaves its operation to others.
    """

    help = "Runs the operations of a queue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queue", choices=settings.QUEUES)

    def handle(self, *args: Any, queue: str, **options: Any) -> None:
        task_finished.connect(_count)
        with Heartbeat(PROCESSES[queue]):
            if settings.REDIS_URL:
                # RQ's usual worker forks for each task, and does not pass SIGTERM on to the fork.
                worker, job = "rq.worker.SimpleWorker", "django_tasks_rq.Job"
                call_command("rqworker", queue, worker_class=worker, job_class=job)
            else:
                self._work(queue)

    def _work(self, queue: str) -> None:
        """Work until told to stop, and try again after database errors, on which `db_worker` exits."""
        worker = Worker(
            queue_names=[queue],
            interval=INTERVAL[queue],
            batch=False,
            backend_name="default",
            startup_delay=True,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        worker.configure_signals()
        pauses = Backoff()
        while worker.running:
            try:
                worker.run()
            except DatabaseTrouble as error:
                pause = pauses.begin()
                logger.error("database_failed", queue=queue, error=str(error), again_in=pause)
                close_old_connections()
                time.sleep(pause)


def _count(task_result: TaskResult[Any], **_about: Any) -> None:
    is_ok = task_result.status == TaskResultStatus.SUCCESSFUL
    TASKS.labels(task_result.task.queue_name, "ok" if is_ok else "failed").inc()
