"""Files as downloads, streamed."""

import re
from collections.abc import Iterable

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from common.blocks import csv_blocks


def csv_response(name: str, rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """Return the rows as a download called `name`.csv, streamed. `name` may hold anything."""
    return download(csv_blocks(rows), name, "csv", "text/csv; charset=utf-8")


def download(blocks: Iterable[bytes], name: str, extension: str, content_type: str) -> StreamingHttpResponse:
    """Return the blocks as a download called `name`.`extension`, streamed. `name` may hold anything."""
    response = StreamingHttpResponse(blocks, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, f"{_file_name(name)}.{extension}")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:100]
