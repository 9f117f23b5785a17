"""`manage.py sweep_operations`: hand operations, exports and mails that are in no queue to the workers."""

import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from accounts.tasks import mails_sweep
from batches.services.exports.enqueue import export_enqueue, exports_to_queue
from batches.services.exports.files import exports_remove
from batches.services.operations.enqueue import operation_enqueue, operations_to_queue
from batches.tasks import tasks_forget
from common.heartbeat import heartbeats_forget
from common.loop import repeat
from common.models import Process

HOUR = 60 * 60
DAY = 24 * HOUR


class Command(BaseCommand):
    """Any number of machines may run this at a time: each operation, export and mail is handed over once."""

    help = (
        "Queues operations, exports and mails that are missing from their queue, and deletes old files of exports, "
        "tasks and sessions. "
        "Safe to run at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="keep sweeping, with this pause in between")

    def handle(self, *args: Any, every: float | None = None, **options: Any) -> None:
        self.forget_at = self.count_at = time.monotonic()
        if every:
            repeat(self._sweep, every=every, process=Process.SWEEP)
        self._sweep()

    def _sweep(self) -> None:
        for operation in operations_to_queue():
            operation_enqueue(operation)
            self.stdout.write(f"{operation} is queued again.")
        for export in exports_to_queue():
            export_enqueue(export.pk)
            self.stdout.write(f"{export} is queued again.")
        exports_remove()
        mails_sweep()
        if time.monotonic() >= self.count_at:
            heartbeats_forget()
            self.count_at = time.monotonic() + HOUR
        if time.monotonic() >= self.forget_at:
            tasks_forget()
            call_command("clearsessions")
            self.forget_at = time.monotonic() + DAY
