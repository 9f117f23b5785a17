"""Who may have the file of an export: asked when it is made, and again when it is downloaded."""

from accounts.models import User
from batches import refusal_messages
from batches.access import VIEW, reader_of, scope_of
from batches.models import TrailExport
from batches.services.changes.update import NotAllowed


def export_actor(export: TrailExport) -> User | None:
    """Return whoever asked for the export, as they are now; None where they could no longer see what is in it."""
    # As they are now, not as they were when the export was read.
    actor = User.objects.filter(exports=export, is_active=True).first()
    if actor is None or not actor.has_perm(VIEW) or scope_of(actor).key != export.scope:
        return None
    return actor if reader_of(actor).sees_people or not export.sees_people else None


def check_export(export: TrailExport) -> None:
    """Raise NotAllowed where nobody may have the file, because whoever asked for it could no longer."""
    if export_actor(export) is None:
        raise NotAllowed(refusal_messages.EXPORT_WITHOUT_AUTHORITY)
