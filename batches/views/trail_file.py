"""The trail as a download."""

from collections.abc import Iterable, Iterator

from django.http import StreamingHttpResponse
from django.utils import timezone

from batches.access import Reader
from batches.trail_filter import TrailFilter
from batches.views.csv_export import BLOCK, csv_response, download
from batches.words.trail_file import entry_lines, entry_rows
from trail.models import Entry

FORMATS = ("csv", "jsonl")


def trail_file(entries: Iterable[Entry], asked: TrailFilter, kind: str, *, reader: Reader) -> StreamingHttpResponse:
    """Return the entries as a download, streamed, whose name has the time and the filter."""
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
