"""What a worker writes into the file of an export: bit for bit what a streamed file of that moment holds."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from accounts.models import User
from batches.access import Reader, scope_of
from batches.models import ExportFormat, TrailExport
from batches.selectors.trail_export import trail_entry_pages
from batches.services.exports.make import NotUnderstood, Part
from batches.trail_filter import AsOf, read_query
from batches.words.trail_file import file_blocks


def export_parts(export: TrailExport, actor: User) -> Iterator[Part]:
    """Return the parts of the file after the export's `cursor`, as its actor saw the trail. Raises NotUnderstood."""
    asked, problems = read_query(export.query)
    if problems:
        raise NotUnderstood
    reader = Reader(actor.pk, sees_people=export.sees_people)
    as_of = AsOf(export.asked_at, ZoneInfo(export.time_zone))
    pages = trail_entry_pages(asked, scope=scope_of(actor), reader=reader, as_of=as_of, after=export.cursor)
    is_beginning = export.cursor is None
    for entries in pages:
        blocks = file_blocks(entries, ExportFormat(export.file_format), reader, is_beginning=is_beginning)
        yield Part(b"".join(blocks), len(entries), entries[-1].pk)
        is_beginning = False
    if is_beginning:
        yield Part(b"".join(file_blocks([], ExportFormat(export.file_format), reader)), 0, None)
