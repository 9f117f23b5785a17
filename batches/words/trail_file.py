"""Entries of the trail as rows and lines of a file. Unlike on pages, values stay as they are stored."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from batches.access import Reader
from batches.models import ExportFormat
from batches.trail_filter import TrailFilter
from common.blocks import csv_blocks, text_blocks
from syllable.schemas import encodable
from trail.models import Entry

COLUMNS = (
    "id",
    "at",
    "action",
    "kind",
    "is_undo",
    "outcome",
    "actor_email",
    "batch_id",
    "campaign_id",
    "campaign_name",
    "reason",
    "origin",
    "operation_id",
    "change_id",
    "person_email",
    "address",
    "request_id",
)
AT, ADDRESS = COLUMNS.index("at"), COLUMNS.index("address")


def file_name(asked: TrailFilter, at: datetime) -> str:
    """Return what a file is called, without its extension: the time, and the filter."""
    chosen = "-".join(f"{name}-{value}" for name, value in asked.chosen.items())
    return f"trail-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{chosen or 'all'}"


def file_blocks(
    entries: Iterable[Entry], file_format: ExportFormat, reader: Reader, *, is_beginning: bool = True
) -> Iterator[bytes]:
    """Return the content of a file; not `is_beginning` where earlier entries stand before these."""
    if file_format == ExportFormat.CSV:
        return csv_blocks(entry_rows(entries, reader, has_head=is_beginning), is_beginning=is_beginning)
    return text_blocks(entry_lines(entries, reader))


def entry_rows(entries: Iterable[Entry], reader: Reader, *, has_head: bool = True) -> Iterator[list[object]]:
    """Return a table; what has no column is JSON in the last one."""
    if has_head:
        yield [*COLUMNS, "body"]
    for entry in entries:
        yield [*_values(entry, reader), _body(entry)]


def entry_lines(entries: Iterable[Entry], reader: Reader) -> Iterator[str]:
    """Return JSON Lines, each with its line break."""
    for entry in entries:
        record = json.dumps(dict(zip(COLUMNS, _values(entry, reader), strict=True)), ensure_ascii=False)
        yield encodable(f'{record[:-1]}, "body": {_body(entry)}}}\n')


def _values(entry: Entry, reader: Reader) -> list[object]:
    """Return the columns. A network address is for those who see people, and for oneself."""
    fields = entry.__dict__
    values = [fields[name] for name in COLUMNS]
    values[AT] = entry.at.astimezone(UTC).isoformat(timespec="milliseconds")
    if not reader.sees_address(entry.actor_id):
        values[ADDRESS] = None
    return values


def _body(entry: Entry) -> str:
    stored = entry.__dict__.get("body_json")
    return stored if isinstance(stored, str) else json.dumps(entry.body, ensure_ascii=False)
