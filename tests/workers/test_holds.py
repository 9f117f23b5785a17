"""A hold survives every process that is killed, and two watchers pause once."""

import random
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from batches.models import Change, HoldAttempt, Kind, Operation, Outcome, Sighting, WatchState
from common.models import ProcessLease
from tests.batches.services.factories import start
from tests.workers.campaigns import fill, finished
from tests.workers.processes import eventually
from trail.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)

BATCHES = 12
ROUNDS = 4


@pytest.fixture
def environment(environment, sandbox):
    sandbox.latency = 0.005
    return environment | {"WATCH_INTERVAL": "0.5", "WATCH_CALLS_PER_MINUTE": "100000"}


def running(processes):
    """Start every process that a hold needs, the watcher twice."""
    started = [processes.manage("watch"), processes.manage("watch"), processes.quick_worker("stop"), processes.sweep()]
    # A watcher that was killed holds its lease for a while.
    ProcessLease.objects.update(until=None, token="")
    return started


def resume_elsewhere(sandbox, ids, number):
    later = (timezone.now() + timedelta(seconds=number)).isoformat()
    for batch_id in ids:
        sandbox.store.change_batch(batch_id, status="ACTIVE", last_updated_by="eve@example.com", last_updated_at=later)


def all_paused(sandbox, ids):
    return all(sandbox.store.batch(batch_id)["status"] == "PAUSED" for batch_id in ids)


def seen_paused(ids):
    """Return whether the watcher knows that these are paused, and nothing is left to do."""
    rows = Sighting.objects.filter(batch_id__in=ids)
    unsettled = Change.objects.filter(settled_at=None)
    is_open = Operation.objects.open().exists() or unsettled.exists()
    return not is_open and rows.filter(status="PAUSED").count() == len(ids)


@pytest.mark.parametrize("contract", ["2025-04", "current"])
def test_it_survives_the_death_of_every_process_at_any_moment(sandbox, processes, operator):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    ids = fill(sandbox, BATCHES)
    started = running(processes)
    eventually(lambda: WatchState.objects.exclude(looked_at=None).exists())
    pause = start(Kind.PAUSE, operator, keep_paused=True)
    finished(pause)
    eventually(lambda: seen_paused(ids))
    for number in range(1, ROUNDS + 1):
        chosen = chance.sample(ids, 4)
        resume_elsewhere(sandbox, chosen, number)
        time.sleep(chance.uniform(0, 0.8))
        for process in started:
            process.kill()
        started = running(processes)
        eventually(lambda: all_paused(sandbox, ids))
        eventually(lambda: seen_paused(ids))
    # What died in between was found out later, by a look or by the road.
    assert HoldAttempt.objects.exists()
    attempts = HoldAttempt.objects.values_list("change", flat=True)
    assert len(attempts) == len(set(attempts)) <= 4 * ROUNDS
    assert Entry.objects.filter(action="hold_attempt").count() == len(attempts)


@pytest.mark.parametrize("contract", ["2025-04", "current"])
def test_two_watchers_pause_once(sandbox, processes, operator):
    ids = fill(sandbox, BATCHES)
    running(processes)
    eventually(lambda: WatchState.objects.exclude(looked_at=None).exists())
    finished(start(Kind.PAUSE, operator, keep_paused=True))
    eventually(lambda: seen_paused(ids))
    for number in range(1, 4):
        resume_elsewhere(sandbox, ids[:3], number)
        # Whoever watches loses the lease, and the other one takes it.
        ProcessLease.objects.filter(name="watch").update(until=None, token="")
        eventually(lambda: all_paused(sandbox, ids))
        eventually(lambda: seen_paused(ids))
        made = Change.objects.filter(origin="hold", outcome=Outcome.APPLIED)
        assert made.count() == 3 * number
        assert HoldAttempt.objects.count() == 3 * number
