"""What the pages of exports read: one's own, and those of everybody for whoever sees people."""

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from batches.access import Reader, Scope
from batches.models import TrailExport

EXPORTS_PER_PAGE = 20


def exports_page(*, scope: Scope, reader: Reader, number: int | str = 1) -> Page[TrailExport]:
    """Return a page of the exports that the reader may see, newest first. Takes two queries."""
    return Paginator(_seen_by(reader, scope).order_by("-pk"), EXPORTS_PER_PAGE).get_page(number)


def export_by_id(export_id: int, *, scope: Scope, reader: Reader) -> TrailExport | None:
    """Return one export, None where there is none that the reader may see."""
    return _seen_by(reader, scope).filter(pk=export_id).first()


def exports_exist(*, scope: Scope, reader: Reader) -> bool:
    """Return whether there is any export that the reader may see."""
    return _seen_by(reader, scope).exists()


def _seen_by(reader: Reader, scope: Scope) -> QuerySet[TrailExport]:
    # A file holds what a scope covers, so only whoever has the same one sees it.
    exports = TrailExport.objects.filter(scope=scope.key)
    return exports if reader.sees_people else exports.filter(actor_id=reader.person_id)
