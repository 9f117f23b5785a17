"""How pages speak of exports: what is in the file, how far it is, and why there is none."""

from datetime import datetime

from batches.models import ExportProblem, ExportState, TrailExport
from batches.services.exports.files import KEPT_FOR
from batches.trail_filter import read_query
from batches.words.trail_filter import chips

PROBLEMS: dict[str, tuple[str, str]] = {
    ExportProblem.AUTHORITY: (
        "Not made. The person who asked can no longer see these changes.",
        "Nothing of the file is kept.",
    ),
    ExportProblem.FILTER: (
        "Not made. This version does not understand the filter.",
        "Choose the filter on the page of changes, and download again.",
    ),
    ExportProblem.DISK_FULL: (
        "Not made. The disk has too little room.",
        "Nothing of the file is kept. Tell whoever runs the dashboard. Download again when there is room, or choose a "
        "shorter time.",
    ),
    ExportProblem.FOLDER: (
        "Not made. The folder for exports cannot be written.",
        "Tell whoever runs the dashboard. The log of the worker says more.",
    ),
    ExportProblem.LOST: (
        "Not made. The worker ended five times before the file was ready.",
        "Tell whoever runs the dashboard. The log of the worker says more.",
    ),
    ExportProblem.BROKEN: (
        "Not made. Something unexpected failed.",
        "Tell whoever runs the dashboard. The log of the worker says more.",
    ),
}
COME_BACK = "You can leave this page and come back later."


def entries(count: int) -> str:
    """Return `1 entry`, `1,200 entries`."""
    return f"{count:,} {'entry' if count == 1 else 'entries'}"


def export_said(export: TrailExport) -> tuple[str, str]:
    """Return how far the export is or how it ended, and what else there is to know or do."""
    match export.state:
        case ExportState.WAITING:
            so_far = f" {entries(export.rows)} so far." if export.rows else ""
            return f"Waiting for a worker.{so_far}", COME_BACK
        case ExportState.RUNNING:
            return f"{entries(export.rows)} so far.", COME_BACK
        case ExportState.READY:
            return f"Ready. {entries(export.rows)}.", ""
        case ExportState.REMOVED:
            return "The file was removed.", "Files are kept for 7 days, the newest five of each person. Download again."
    return PROBLEMS.get(export.problem, PROBLEMS[ExportProblem.BROKEN])


def export_kept_until(export: TrailExport) -> datetime | None:
    """Return when the file is going to be removed, if not earlier; None where there is none."""
    if export.state != ExportState.READY or export.finished_at is None:
        return None
    return export.finished_at + KEPT_FOR


def export_query(export: TrailExport) -> str:
    """Return the filter as the query of an address, with its `?`; "" for everything."""
    return read_query(export.query)[0].query_string


def export_filter(export: TrailExport) -> str:
    """Return what is in the file: `Person: anna · When: Yesterday`."""
    asked, _problems = read_query(export.query)
    return " · ".join(f"{chip.label}: {chip.text}" for chip in chips(asked, {})) or "All entries"
