"""Tables as CSV files that are safe to open in a spreadsheet."""

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

BLOCK = 64 * 1024
# A cell that begins with one of these is a formula, in full width too, as Japanese keyboards type them.
FORMULA = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
# A spreadsheet may skip blanks and quotes, and in many countries a semicolon begins a new cell.
BEGINNING = re.compile(r"""(?:^|[;\t\r\n])[\s"';]*+""")


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


def safe_cell(value: object) -> str:
    """Return the text of a cell, "" for None, with an apostrophe before anything that could run as a formula."""
    text = "" if value is None else str(value)
    return BEGINNING.sub(_defused, text)


def _defused(beginning: re.Match[str]) -> str:
    is_formula = beginning.string[beginning.end() : beginning.end() + 1] in FORMULA
    if beginning.start() == 0:
        return f"'{beginning[0]}" if is_formula or beginning[0].startswith(("\t", "\r", "\n")) else beginning[0]
    return f"{beginning[0]}'" if is_formula else beginning[0]


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
