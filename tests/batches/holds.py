"""What the tests of holds share."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches.models import Hold, Operation
from batches.services.watch.watcher import Watcher
from tests.batches.services.factories import carried_out

EVE = "eve@example.com"


@pytest.fixture
def watcher(sandbox, settings):
    """Provide a watcher of the sandbox that has not looked yet."""
    settings.WATCH_CALLS_PER_MINUTE = 100_000
    return Watcher(interval=60.0)


@pytest.fixture
def look(watcher):
    """Take one turn, long enough for everything."""
    return watcher.look


@pytest.fixture
def elsewhere(sandbox):
    """Change batches as somebody with the key does, each time a moment later."""
    made = []

    def change(*batch_ids, **fields):
        made.append(fields)
        later = (timezone.now() + timedelta(seconds=len(made))).isoformat()
        for batch_id in batch_ids:
            sandbox.store.change_batch(batch_id, last_updated_by=EVE, last_updated_at=later, **fields)

    return change


def queued_for_holds():
    """Return the pauses that the watcher queued, oldest first."""
    return list(Operation.objects.exclude(hold=None).order_by("pk"))


def open_for_holds():
    """Return those of them that have not ended."""
    return [operation for operation in queued_for_holds() if operation.is_open]


def pause_again():
    """Carry out what the watcher queued and nobody has carried out yet, and return it."""
    return [carried_out(operation) for operation in open_for_holds()]


def the_hold():
    """Return the only hold."""
    return Hold.objects.get()
