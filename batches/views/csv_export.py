"""Tables as CSV files that are safe to open in a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from common.cells import safe_cell

BLOCK = 64 * 1024


def csv_response(name: str, rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """Return the rows as a download called `name`.csv, streamed. `name` may hold anything."""
    # Without the byte order mark Excel assumes the country's old encoding.
    return download(_blocks(rows), name, "csv", "text/csv; charset=utf-8")


def download(blocks: Iterable[bytes], name: str, extension: str, content_type: str) -> StreamingHttpResponse:
    """Return the blocks as a download called `name`.`extension`, streamed. `name` may hold anything."""
    response = StreamingHttpResponse(blocks, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, f"{_file_name(name)}.{extension}")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def _blocks(rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    block = StringIO("\ufeff")
    block.seek(0, 2)
    writer = csv.writer(block)
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row])
        if block.tell() >= BLOCK:
            yield block.getvalue().encode("utf-8", "replace")
            block.seek(0)
            block.truncate()
    yield block.getvalue().encode("utf-8", "replace")


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:100]
