"""Asking for a file of the trail that a worker makes."""

from django.db import IntegrityError, transaction

from accounts.models import User
from batches.access import reader_of, scope_of
from batches.models import UNDER_WAY, ExportFormat, TrailExport
from batches.services.exports.enqueue import export_queue

# Of all people together. Each file may fill a part of the disk.
MOST_UNDER_WAY = 20


class TooManyExports(Exception):
    """So many exports are under way that no other one may wait."""


def export_ask(*, query: str, file_format: ExportFormat, time_zone: str, actor: User) -> tuple[TrailExport, bool]:
    """Record an export and hand it to a worker; return it and True, or the actor's own that is under way and False.

    `query` is the filter as its address holds it, `time_zone` the name of the zone in which its days are meant. Raises
    TooManyExports.
    """
    if mine := _under_way(actor):
        return mine, False
    if TrailExport.objects.filter(state__in=UNDER_WAY).count() >= MOST_UNDER_WAY:
        raise TooManyExports
    try:
        with transaction.atomic():
            export = TrailExport.objects.create(
                actor=actor,
                actor_email=actor.email or "",
                file_format=file_format,
                query=query.removeprefix("?"),
                scope=scope_of(actor).key,
                sees_people=reader_of(actor).sees_people,
                time_zone=time_zone,
            )
            export_queue(export.pk)
    except IntegrityError:
        # The other of two clicks was faster.
        if mine := _under_way(actor):
            return mine, False
        raise
    return export, True


def _under_way(actor: User) -> TrailExport | None:
    return TrailExport.objects.filter(actor=actor, state__in=UNDER_WAY).first()
