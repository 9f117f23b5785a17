"""What the tests of exports share: a trail, asking for its file, and making the file in this process."""

from datetime import timedelta

from django.utils import timezone

from batches.models import ExportFormat, TrailExport
from batches.services.exports.ask import export_ask
from batches.tasks import make_export
from trail.models import Entry

FORMULA = "=cmd|' /C calc'!A0"


def added(actor, count, **about):
    """Add so many entries of changes, some at the same moment."""
    now = timezone.now() - timedelta(hours=1)
    Entry.objects.bulk_create(
        Entry(
            action="change_ended",
            at=now - timedelta(seconds=number // 3),
            actor_id=actor.pk,
            actor_email=actor.email,
            change_id=number + 1,
            batch_id=f"b{number}",
            campaign_name="日本, “x”\nsecond line",
            address="192.0.2.7",
            **{"kind": "pause", "campaign_id": 3, "reason": FORMULA, "body": {"number": number}} | about,
        )
        for number in range(count)
    )


def asked_for(actor, *, query="", file_format=ExportFormat.JSONL, time_zone="UTC"):
    """Return a new export."""
    export, is_new = export_ask(query=query, file_format=file_format, time_zone=time_zone, actor=actor)
    assert is_new
    return export


def carried_out(export):
    """Return the export after a worker has taken it as far as possible."""
    make_export.call(export.pk)
    return now(export)


def now(export):
    """Return the export as it is now."""
    return TrailExport.objects.get(pk=export.pk)


def content(response):
    """Return what a download holds. Django's client ends it then, as a server does."""
    return b"".join(response.streaming_content)
