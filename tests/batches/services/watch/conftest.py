"""Looks of the watcher in the test's own process."""

import pytest

from batches.models import Change, Outcome, PlatformEvent, Sighting
from batches.services.watch.watcher import Watcher


@pytest.fixture
def watcher(sandbox):
    """Provide a watcher of the sandbox that has not looked yet."""
    return Watcher(interval=60.0)


@pytest.fixture
def look(watcher):
    """Take one turn, long enough for everything."""
    return watcher.look


def observed():
    """Return the changes made elsewhere, oldest first."""
    return list(Change.objects.filter(outcome=Outcome.OBSERVED).order_by("pk"))


def events():
    """Return what the platform did, oldest first: which batch, what, from which status."""
    return list(PlatformEvent.objects.order_by("pk").values_list("batch_id", "kind", "status_before"))


def seen(batch_id):
    """Return the row of a batch."""
    return Sighting.objects.get(batch_id=batch_id)
