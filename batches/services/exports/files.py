"""The files of exports on the disk: only the dashboard's own user can read them."""

import shutil
import uuid
from datetime import timedelta

import structlog
from django.core.files.base import ContentFile, File
from django.db.models import Exists, OuterRef, Q

from batches.models import ExportState, TrailExport, exports_storage
from common.clock import from_now

logger = structlog.get_logger(__name__)

KEPT_FOR = timedelta(days=7)
# So that nobody fills the disk with one file after the other.
MOST_KEPT = 5


def export_file_name(export: TrailExport) -> str:
    """Return a new name for its file, which nobody can guess."""
    return f"{uuid.uuid4().hex}.{export.file_format}"


def export_file_create(name: str) -> None:
    """Create an empty file, and its folder where there is none. Raises OSError."""
    exports_storage().save(name, ContentFile(b""))


def export_folder_free() -> int:
    """Return how many bytes are free where the files are. Raises OSError."""
    return shutil.disk_usage(exports_storage().path("")).free


def export_file_remove(name: str) -> None:
    """Remove a file, if it is there. Raises OSError."""
    if name:
        exports_storage().delete(name)


def export_file_has(name: str, size: int) -> bool:
    """Return whether the file is here and has at least so many bytes."""
    try:
        return bool(name) and exports_storage().size(name) >= size
    except OSError:
        return False


def export_open(export: TrailExport) -> File | None:
    """Open the file of an export for reading; return None if this machine does not have all of it."""
    name = export.file.name or ""
    try:
        if not name or exports_storage().size(name) != export.bytes:
            return None
        return exports_storage().open(name)
    except OSError:
        return None


def exports_remove() -> None:
    """Remove the files that are older than KEPT_FOR, and those of a person beside the newest. Their exports stay."""
    ready = TrailExport.objects.filter(state=ExportState.READY)
    newer = ready.filter(actor=OuterRef("actor"), pk__gt=OuterRef("pk")).order_by("pk")
    old = ready.filter(Q(finished_at__lt=from_now(-KEPT_FOR)) | Exists(newer[MOST_KEPT - 1 : MOST_KEPT]))
    for export in list(old):
        try:
            export_file_remove(export.file.name or "")
        except OSError as error:
            logger.error("export_not_removed", export=export.pk, error=str(error))
        else:
            ready.filter(pk=export.pk).update(state=ExportState.REMOVED, file="")
