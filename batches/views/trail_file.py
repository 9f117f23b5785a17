"""The trail as a download."""

from collections.abc import Iterable, Iterator
from threading import BoundedSemaphore
from typing import cast

from django.http import StreamingHttpResponse
from django.utils import timezone

from batches.access import Reader
from batches.trail_filter import TrailFilter
from batches.views.csv_export import BLOCK, csv_response, download
from batches.words.trail_file import entry_lines, entry_rows
from trail.models import Entry

FORMATS = ("csv", "jsonl")
# Of the threads of this process, which have to find room for a stop at any time.
MOST_AT_A_TIME = 2
_room = BoundedSemaphore(MOST_AT_A_TIME)


class NoRoom(Exception):
    """As many downloads as may run at a time are running in this process."""


class _Download:
    """The blocks of a download. It gives its place back when the server closes the answer, read to the end or not."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._free = blocks, [_room.release]

    def __iter__(self) -> Iterator[bytes]:
        return self._blocks

    def close(self) -> None:
        while self._free:
            self._free.pop()()


def trail_file(entries: Iterable[Entry], asked: TrailFilter, kind: str, *, reader: Reader) -> StreamingHttpResponse:
    """Return the entries as a download, streamed, whose name has the time and the filter. Raises NoRoom."""
    if not _room.acquire(blocking=False):
        raise NoRoom
    response = _file(entries, asked, kind, reader)
    blocks = cast("Iterator[bytes]", response.streaming_content)
    response.streaming_content = _Download(blocks)
    return response


def _file(entries: Iterable[Entry], asked: TrailFilter, kind: str, reader: Reader) -> StreamingHttpResponse:
    chosen = "-".join(f"{name}-{value}" for name, value in asked.chosen.items())
    name = f"trail-{timezone.now():%Y%m%dT%H%M%SZ}-{chosen or 'all'}"
    if kind == "csv":
        return csv_response(name, entry_rows(entries, reader))
    return download(_blocks(entry_lines(entries, reader)), name, "jsonl", "application/jsonl; charset=utf-8")


def _blocks(lines: Iterable[str]) -> Iterator[bytes]:
    block: list[str] = []
    length = 0
    for line in lines:
        block.append(line)
        length += len(line)
        if length >= BLOCK:
            yield "".join(block).encode()
            block, length = [], 0
    yield "".join(block).encode()
