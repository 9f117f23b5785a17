"""Retention: entries older than TRAIL_DAYS are removed, by whole seals. A sealed entry says so; the seals stay."""

from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from common.clock import from_now
from trail.models import Action, Emptied, Entry, Leaf, ProcessName, Seal, StreamCursor
from trail.services import entry_add

# Entries of one transaction.
CHUNK = 1000
# Removing is an entry itself: one a day is enough.
BETWEEN = timedelta(hours=23)


def removal_announce() -> Entry | None:
    """Add the entry that says which seals are to be emptied; return None where none is old enough.

    What AUDIT_STREAM_URL has not accepted yet is not old enough, so that a receiver that was down misses nothing.
    """
    if not settings.TRAIL_DAYS or Emptied.objects.filter(at__gt=from_now(-BETWEEN)).exists():
        return None
    newest = _seals_to_empty().order_by("-at", "-number").first()
    if newest is None:
        return None
    body = {"last_seal": newest.number, "last_number": newest.last}
    try:
        with transaction.atomic():
            entry = entry_add(Action.TRAIL_EMPTIED, actor=None, body=body)
            Emptied.objects.create(entry_id=entry.pk, **body)
    except IntegrityError:
        # Another process said the same.
        return None
    return entry


def entries_remove() -> int:
    """Remove the oldest entries that a sealed entry says are removed, at most CHUNK; return how many."""
    said = Leaf.objects.filter(pk__in=Emptied.objects.values("entry_id"))
    until = Emptied.objects.filter(pk__in=said.values("entry_id")).order_by("-last_seal").first()
    if until is None:
        return 0
    old = Leaf.objects.filter(number__lte=until.last_number).order_by("number")
    ids = list(old.values_list("entry_id", flat=True)[:CHUNK])
    with transaction.atomic():
        # The models refuse this, and the triggers allow it for these rows alone.
        Entry._base_manager.filter(pk__in=ids).delete()
        Leaf._base_manager.filter(pk__in=ids).delete()
    return len(ids)


def _seals_to_empty() -> QuerySet[Seal]:
    emptied = Emptied.objects.order_by("-last_seal").values_list("last_seal", flat=True).first() or 0
    seals = Seal.objects.filter(number__gt=emptied, at__lt=from_now(-timedelta(days=settings.TRAIL_DAYS)))
    if settings.AUDIT_STREAM_URL:
        cursor = StreamCursor.objects.filter(pk=ProcessName.STREAM).values_list("seal", flat=True).first()
        seals = seals.filter(number__lte=cursor or 0)
    return seals
