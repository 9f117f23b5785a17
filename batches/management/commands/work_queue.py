"""`manage.py work_queue stop`: a worker for one queue of operations, in the database or in Redis."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

# Seconds between two looks at an empty queue of the database. Whoever stops a campaign is waiting for it.
INTERVAL = {"default": 0.5, "stop": 0.2}


class Command(BaseCommand):
    """Any number of them may work on a queue, on any number of machines. SIGTERM leaves an operation to the others."""

    help = "Carries out the operations of a queue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queue", choices=settings.QUEUES)

    def handle(self, *args: Any, queue: str, **options: Any) -> None:
        if settings.REDIS_URL:
            # Its usual worker forks for each task, and does not tell the fork that it has to leave.
            worker, job = "rq.worker.SimpleWorker", "django_tasks_rq.Job"
            call_command("rqworker", queue, worker_class=worker, job_class=job)
        else:
            call_command("db_worker", queue_name=queue, interval=INTERVAL[queue], reload=False)
