"""What runs in the background."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType
from typing import Any

from django.db import close_old_connections
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from accounts.mail import mail_waits
from batches.export_parts import export_parts
from batches.models import Operation
from batches.services.exports.enqueue import export_enqueue
from batches.services.exports.make import export_make
from batches.services.operations.enqueue import operation_enqueue
from batches.services.operations.runner import operation_run
from batches.services.operations.turn import TURN_SECONDS

FORGOTTEN_AFTER = timedelta(days=7)


@task
def run_operation(operation_id: int) -> None:
    """Carry out an operation for one turn, and queue it again if that did not end it."""
    # A Redis worker does not notice by itself that the database closed its connection.
    close_old_connections()
    is_mails_turn = _mails_turn(operation_id)
    with _asked_to_leave() as must_leave:
        again = operation_run(operation_id, must_leave=lambda: must_leave() or is_mails_turn())
    if again:
        operation_enqueue(Operation.objects.get(pk=operation_id))


@task
def make_export(export_id: int) -> None:
    """Make the file of an export for one turn, and queue it again if that did not end it."""
    close_old_connections()
    with _asked_to_leave() as must_leave:
        again = export_make(export_id, parts=export_parts, must_leave=must_leave)
    if again:
        export_enqueue(export_id)


def tasks_forget() -> None:
    """Delete tasks from more than a week ago from the database; a sweep queues again what still waits."""
    DBTaskResult.objects.filter(enqueued_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()


def _mails_turn(operation_id: int) -> Callable[[], bool]:
    """Return a check whether a mail waits behind an operation, which may run for minutes. A stop never yields."""
    if Operation.objects.stopping().filter(pk=operation_id).exists():
        return lambda: False
    began = time.monotonic()
    return lambda: time.monotonic() - began > TURN_SECONDS and mail_waits()


@contextmanager
def _asked_to_leave() -> Iterator[Callable[[], bool]]:
    """Yield a check whether the worker was told to end; its own handler only acts once a task has ended."""
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def tell(number: int, frame: FrameType | None) -> Any:
        asked.set()
        handler = before[signal.Signals(number)]
        return handler(number, frame) if callable(handler) else None

    for number in before:
        signal.signal(number, tell)
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
