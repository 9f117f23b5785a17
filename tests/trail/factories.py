"""Entries and seals for tests."""

from trail.models import Action, Entry, Leaf
from trail.sealer import entries_seal
from trail.services import entry_add


def entries(count, **fields):
    """Add so many entries."""
    return [entry_add(Action.OPERATION_STARTED, actor=None, operation_id=number, **fields) for number in range(count)]


def sealed(*counts):
    """Add so many entries for each seal, and return all entries in the order of their numbers."""
    for count in counts:
        entries(count)
        entries_seal()
    ids = list(Leaf.objects.order_by("number").values_list("entry_id", flat=True))
    found = Entry.objects.in_bulk(ids)
    return [found[pk] for pk in ids]
