"""The trail as a download: streamed, or from the file that a worker made."""

from collections.abc import Callable, Iterable, Iterator
from threading import BoundedSemaphore

from django.core.files.base import File
from django.http import StreamingHttpResponse
from django.utils import timezone

from batches.access import Reader
from batches.models import ExportFormat, TrailExport
from batches.trail_filter import TrailFilter, read_query
from batches.views.csv_export import download
from batches.words.trail_file import file_blocks, file_name
from common.blocks import BLOCK
from trail.models import Entry

CONTENT_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.JSONL: "application/jsonl; charset=utf-8",
}
# Adds the entry that says who takes the file, before anything of the file is sent.
Record = Callable[[], None]
# Of the threads of this process, which have to find room for a stop at any time.
MOST_AT_A_TIME = 2
_room = BoundedSemaphore(MOST_AT_A_TIME)


class NoRoom(Exception):
    """As many downloads as may run at a time are running in this process."""


class _Download:
    """The blocks of a download. It gives its place back when the server closes the answer, read to the end or not.

    `close` is called then, too.
    """

    def __init__(self, blocks: Iterator[bytes], close: Callable[[], None]) -> None:
        self._blocks, self._free = blocks, [_room.release, close]

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def close(self) -> None:
        while self._free:
            self._free.pop()()


def trail_file(
    entries: Iterable[Entry], asked: TrailFilter, file_format: ExportFormat, *, reader: Reader, record: Record
) -> StreamingHttpResponse:
    """Return the entries as a download, streamed, whose name has the time and the filter. Raises NoRoom."""
    blocks = file_blocks(entries, file_format, reader)
    return _download(blocks, file_name(asked, timezone.now()), file_format, record)


def export_file(file: File, export: TrailExport, *, record: Record) -> StreamingHttpResponse:
    """Return the file of an export as a download with the name that it would have had when it was asked for.

    Closes the file. Raises NoRoom.
    """
    name = file_name(read_query(export.query)[0], export.asked_at)
    response = _download(iter(file.chunks(BLOCK)), name, ExportFormat(export.file_format), record, close=file.close)
    response["Content-Length"] = str(export.bytes)
    return response


def _download(
    blocks: Iterator[bytes],
    name: str,
    file_format: ExportFormat,
    record: Record,
    *,
    close: Callable[[], None] = lambda: None,
) -> StreamingHttpResponse:
    if not _room.acquire(blocking=False):
        close()
        raise NoRoom
    found = _Download(blocks, close)
    try:
        record()
    except BaseException:
        # There is no answer that the server could close.
        found.close()
        raise
    return download(found, name, file_format, CONTENT_TYPES[file_format])
