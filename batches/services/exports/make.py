"""Making the file of an export, by one worker at a time, with memory that does not grow."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, cast

import structlog
from django.db.models import F

from accounts.mail import mail_waits
from accounts.models import User
from batches.models import STOPPING, ExportProblem, ExportState, Operation, State, TrailExport, exports_storage
from batches.services.exports.files import (
    export_file_create,
    export_file_has,
    export_file_name,
    export_file_remove,
    export_folder_free,
)
from batches.services.exports.lease import ExportLease, export_lease_acquire, export_lease_seconds
from batches.services.exports.permissions import export_actor
from common.backoff import DatabaseTrouble

logger = structlog.get_logger(__name__)

# A file that never gets done, because each of its workers is killed.
MOST_TRIES = 5
# How long an export keeps its worker while operations or mails wait for it.
TURN_SECONDS = 5.0
# And while none waits: some queues limit how long a task may take.
LONGEST_TURN_SECONDS = 300.0
# Bytes that an export leaves free: where the disk is also that of the database, stops have to be recorded.
LEAST_FREE = 200 * 1024 * 1024
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class NotUnderstood(Exception):
    """The filter of an export means nothing to this version."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the file that ends with an entry: `cursor` is its id, None where no part could come after it alone."""

    content: bytes
    rows: int
    cursor: int | None


# Makes the parts of an export's file that come after its `cursor`. Raises NotUnderstood.
Parts = Callable[[TrailExport, User], Iterator[Part]]


def export_make(export_id: int, *, parts: Parts, must_leave: Callable[[], bool]) -> bool:
    """Make the file of an export, unless another worker does; return whether to queue it again.

    `must_leave` returns whether the worker has to end. Where the database fails the lease ends, and a sweep hands the
    export to another worker, which begins anew.
    """
    try:
        lease = export_lease_acquire(export_id)
        return lease is not None and _make(lease, parts, must_leave)
    except DatabaseTrouble as error:
        logger.error("database_failed", export=export_id, error=str(error))
        return False


@dataclass(slots=True)
class _Turn:
    """One worker's turn at an export. `rows` and `bytes` are those of the file so far."""

    export: TrailExport
    lease: ExportLease
    must_leave: Callable[[], bool]
    rows: int
    bytes: int
    began: float = field(default_factory=time.monotonic)
    check_at: float = 0.0

    def goes_on(self) -> bool:
        """Renew the lease once a second, or often enough; return False where the worker has to stop.

        Raises OSError where the disk is almost full.
        """
        now = time.monotonic()
        if now < self.check_at:
            return True
        self.check_at = now + min(1.0, export_lease_seconds() / 3)
        if not self.lease.renew(rows=self.rows, bytes=self.bytes):
            return False
        if export_actor(self.export) is None:
            _fail(self.lease, self.export, ExportProblem.AUTHORITY)
            return False
        if export_folder_free() < LEAST_FREE:
            raise OSError(errno.ENOSPC, "The disk is almost full")
        return True

    def is_over(self, part: Part) -> bool:
        """Return whether the worker has to end, or others need it and the next can go on after `part`."""
        if self.must_leave():
            return True
        seconds = time.monotonic() - self.began
        if part.cursor is None or seconds < TURN_SECONDS:
            return False
        return seconds > LONGEST_TURN_SECONDS or mail_waits() or _operation_waits()


def _make(lease: ExportLease, parts: Parts, must_leave: Callable[[], bool]) -> bool:
    export = lease.export()
    if export is None:
        return False
    actor = export_actor(export)
    if actor is None:
        _fail(lease, export, ExportProblem.AUTHORITY)
        return False
    try:
        turn = _begin(export, lease, must_leave)
        again = turn is not None and _write(turn, parts(export, actor))
    except OSError as error:
        logger.error("export_not_written", export=export.pk, error=str(error))
        _fail(lease, export, ExportProblem.DISK_FULL if error.errno in FULL else ExportProblem.FOLDER)
    except NotUnderstood:
        _fail(lease, export, ExportProblem.FILTER)
    except DatabaseTrouble:
        raise
    except Exception:
        logger.exception("export_failed", export=export.pk)
        _fail(lease, export, ExportProblem.BROKEN)
    else:
        return again
    return False


def _begin(export: TrailExport, lease: ExportLease, must_leave: Callable[[], bool]) -> _Turn | None:
    """Go on where the worker before gave way, else begin a new file in place of any other; None if that must not be.

    A file has one writer: whoever loses the lease leaves its file to be removed, and the next worker has another name.
    """
    name = export.file.name or ""
    if export.cursor is not None and export_file_has(name, export.bytes):
        return _Turn(export, lease, must_leave, export.rows, export.bytes) if lease.renew(cursor=None) else None
    if export.tries >= MOST_TRIES:
        _fail(lease, export, ExportProblem.LOST)
        return None
    export_file_remove(name)
    export.file.name, export.cursor = export_file_name(export), None
    begun = {"file": export.file.name, "cursor": None, "rows": 0, "bytes": 0, "tries": F("tries") + 1}
    if not lease.renew(**begun):
        return None
    export_file_create(export.file.name)
    return _Turn(export, lease, must_leave, rows=0, bytes=0)


def _write(turn: _Turn, parts: Iterator[Part]) -> bool:
    """Write the rest of the file; return whether to queue the export again."""
    name = turn.export.file.name or ""
    with exports_storage().open(name, "r+b") as opened:
        file = cast("BinaryIO", opened.file)
        file.seek(turn.bytes)
        file.truncate()
        for part in parts:
            file.write(part.content)
            turn.rows += part.rows
            turn.bytes += len(part.content)
            if not turn.goes_on():
                export_file_remove(name)
                return False
            if turn.is_over(part):
                _to_disk(file)
                return turn.lease.give_back(rows=turn.rows, bytes=turn.bytes, cursor=part.cursor)
        _to_disk(file)
    if not turn.lease.end(ExportState.READY, rows=turn.rows, bytes=turn.bytes):
        export_file_remove(name)
    return False


def _to_disk(file: BinaryIO) -> None:
    """Return when a power cut would lose nothing of the file, which the row is going to speak of."""
    file.flush()
    os.fsync(file.fileno())


def _fail(lease: ExportLease, export: TrailExport, problem: ExportProblem) -> None:
    """End an export without a file. What was written goes first, so that a full disk has room for the record of it."""
    try:
        export_file_remove(export.file.name or "")
    except OSError as error:
        logger.error("export_not_removed", export=export.pk, error=str(error))
    lease.end(ExportState.FAILED, problem=problem, file="", rows=0, bytes=0)


def _operation_waits() -> bool:
    return Operation.objects.filter(state=State.WAITING).exclude(kind__in=STOPPING).exists()
