"""Workers that are killed while they carry out an operation: nothing is lost, and nothing is done twice."""

import random
import time

import pytest

from batches.models import Kind
from tests.batches.services.factories import start
from tests.workers.campaigns import assert_all_done, fill, taken_over, wait_for_writes

pytestmark = pytest.mark.django_db(transaction=True)

BATCHES = 120
KILLS = 5
MOST_BETWEEN_KILLS = 8


@pytest.mark.parametrize("contract", ["2025-04", "current"])
def test_an_operation_outlives_five_workers_that_are_killed_at_random_moments(sandbox, processes, operator):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    # Slow enough that some batches are left for the last worker, even if this process stalls for a second.
    sandbox.latency = 0.15
    ids = fill(sandbox, BATCHES)
    operation = start(Kind.PAUSE, operator)
    processes.sweep()

    token, worker = "", processes.quick_worker("stop")
    for _ in range(KILLS):
        token = taken_over(operation, other_than=token)
        stand_in = processes.quick_worker("stop")
        wait_for_writes(sandbox, chance.randrange(MOST_BETWEEN_KILLS))
        time.sleep(chance.uniform(0, 0.1))
        worker.kill()
        worker = stand_in

    assert_all_done(operation, sandbox, ids)
