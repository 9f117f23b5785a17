"""What people saw or took away of personal data, in the trail."""

from collections.abc import Mapping
from typing import Any

from accounts.models import User
from batches.models.fields import storable
from trail.models import Action, Entry
from trail.services import entry_add
from trail.source import BACKGROUND, Source

LONGEST_STATUS = 100


def targets_seen(
    *, batch_id: str, rows: int, page: int, status: str, is_searched: bool, actor: User, source: Source
) -> None:
    """Record that `actor` was shown a page of the requests of a batch with targets in full: one entry a page.

    What was searched for is left out: it may be a phone number.
    """
    body = {"rows": rows, "page": page, "filter": _filter(status, is_searched)}
    entry_add(Action.TARGETS_SEEN, actor=actor, source=source, batch_id=batch_id, body=body)


def requests_exported(
    *, batch_id: str, status: str, is_searched: bool, is_masked: bool, actor: User, source: Source
) -> None:
    """Record that `actor` downloads the requests of a batch."""
    body = {"what": "requests", "format": "csv", "is_masked": is_masked, "filter": _filter(status, is_searched)}
    entry_add(Action.EXPORTED, actor=actor, source=source, batch_id=batch_id, body=body)


def trail_exported(
    *,
    asked: Mapping[str, str],
    file_format: str,
    actor: User | None,
    source: Source = BACKGROUND,
    export_id: int | None = None,
) -> None:
    """Record that `actor` takes entries of the trail away, or the command line where it is None.

    `export_id` is set where a worker made the file, maybe for somebody else.
    """
    body = {"what": "trail", "format": file_format, "filter": storable(dict(asked))}
    if export_id is not None:
        body["export"] = export_id
    entry_add(Action.EXPORTED, actor=actor, source=source, body=body)


def proof_exported(*, entry: Entry, actor: User, source: Source) -> None:
    """Record that `actor` takes the proof of an entry away."""
    body = {"what": "proof", "format": "json", "entry": entry.pk}
    entry_add(Action.EXPORTED, actor=actor, source=source, body=body)


def _filter(status: str, is_searched: bool) -> dict[str, Any]:
    return {"status": storable(status)[:LONGEST_STATUS], "is_searched": is_searched}
