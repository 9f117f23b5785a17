"""Entries of the trail as rows and lines of a file. Unlike on pages, values stay as they are stored."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

from batches.access import Reader
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


def entry_record(entry: Entry, reader: Reader) -> dict[str, Any]:
    """Return an entry by column, with its `body`. A network address is for those who see people, and for oneself."""
    record = {name: getattr(entry, name) for name in COLUMNS}
    record["at"] = entry.at.astimezone(UTC).isoformat(timespec="milliseconds")
    if not reader.sees_address(entry.actor_id):
        record["address"] = None
    return {**record, "body": entry.body}


def entry_rows(entries: Iterable[Entry], reader: Reader) -> Iterator[list[object]]:
    """Return a table with a head; what has no column is JSON in the last one."""
    yield [*COLUMNS, "body"]
    for entry in entries:
        record = entry_record(entry, reader)
        yield [*(record[name] for name in COLUMNS), json.dumps(record["body"], ensure_ascii=False)]


def entry_lines(entries: Iterable[Entry], reader: Reader) -> Iterator[str]:
    """Return JSON Lines, each with its line break."""
    for entry in entries:
        yield encodable(json.dumps(entry_record(entry, reader), ensure_ascii=False)) + "\n"
