"""An API whose reads take longer than a turn of a worker."""

import time

import pytest

from batches.models import Kind, State
from tests.batches.services.factories import start, totals
from tests.workers.campaigns import fill, finished

pytestmark = pytest.mark.django_db(transaction=True)


# Longer than a turn of a quick worker, and when that ends, longer than it waits for what it leaves.
READ_SECONDS = 2.0


@pytest.mark.parametrize("contract", ["2025-04"])
def test_two_stops_in_one_queue_do_not_keep_each_other_from_their_batches(sandbox, processes, operator):
    """What one of them reads when its turn ends is not in vain: it would be so again in each of its turns."""
    sandbox.before(lambda request: time.sleep(READ_SECONDS), method="GET", path="/[78]-", times=None)
    operations = []
    for campaign_id in (7, 8):
        fill(sandbox, 3, campaign_id=campaign_id)
        operations.append(start(Kind.PAUSE, operator, campaign_id=campaign_id))

    processes.quick_worker("stop", SYLLABLE_TIMEOUT="20", OPERATION_LEASE="10")

    assert [finished(operation).state for operation in operations] == [State.FINISHED] * 2
    assert [totals(operation) for operation in operations] == [{"done": 3}] * 2
