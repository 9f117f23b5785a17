"""`manage.py sweep_operations`: hand operations to the workers that no queue knows of."""

import time
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error as DatabaseTrouble
from django.db import close_old_connections

from batches.services.operations import operations_to_queue
from batches.tasks import operation_enqueue

logger = structlog.get_logger(__name__)


class Command(BaseCommand):
    """Any number of machines may run it at a time: each operation is handed over once."""

    help = "Queues operations that were never queued, or whose worker died. Safe to run at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="go on sweeping, with this pause in between")

    def handle(self, *args: Any, every: float | None = None, **options: Any) -> None:
        while every:
            try:
                self._sweep()
            except DatabaseTrouble:
                logger.exception("sweep_failed")
            close_old_connections()
            time.sleep(every)
        self._sweep()

    def _sweep(self) -> None:
        for operation in operations_to_queue():
            operation_enqueue(operation)
            self.stdout.write(f"{operation} is queued again.")
