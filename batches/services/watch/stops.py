"""Stops that are carried out right now: until they are done, the watcher leaves the API to them.

Those that it queued itself, because batches ran under a hold, do not count: whoever resumes batches again and again
must not keep it from looking.
"""

from django.db.models import Exists, F, OuterRef

from batches.models import ItemState, Operation, OperationItem, OperationQuerySet, Sighting

# Batches of a stop that are read in one turn.
MOST_BATCHES = 10


def is_stopping() -> bool:
    """Return whether a stop is carried out, or is about to be."""
    return _stops().exists()


def stopped_batches() -> list[str]:
    """Return batches that a stop has dealt with since they were last seen."""
    unseen = Sighting.objects.filter(batch_id=OuterRef("batch_id"), seen_at__lt=OuterRef("finished_at"))
    done = OperationItem.objects.filter(
        Exists(unseen), operation__in=_stops(), state__in=(ItemState.DONE, ItemState.SKIPPED)
    )
    return list(done.order_by(F("finished_at").asc()).values_list("batch_id", flat=True)[:MOST_BATCHES])


def _stops() -> OperationQuerySet:
    return Operation.objects.stopping().carried_out_now().filter(hold=None)
