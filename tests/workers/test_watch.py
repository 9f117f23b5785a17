"""The watcher as a process: killed, in number, with a wrong clock, and told to leave."""

import random
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from batches.models import Change, Outcome, Sighting, WatchState
from common.models import ProcessLease
from tests.workers.processes import eventually, skewed
from trail.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)

BATCHES = 40
ROUNDS = 6
BOTH = pytest.mark.parametrize("contract", ["2025-04", "current"])


@pytest.fixture
def environment(environment, sandbox):
    sandbox.latency = 0.005
    return environment | {"WATCH_INTERVAL": "0.5", "WATCH_CALLS_PER_MINUTE": "100000"}


def fill(sandbox):
    for number in range(BATCHES):
        sandbox.store.add_batch(f"b{number}", status="ACTIVE", requests=2, last_worked_on=timezone.now().isoformat())


def watched(sandbox):
    """Wait until everything was seen once."""
    eventually(lambda: WatchState.objects.exclude(looked_at=None).exists() and Sighting.objects.count() == BATCHES)


def change_elsewhere(sandbox, number, expires_on):
    now = timezone.now().isoformat()
    sandbox.store.change_batch(
        f"b{number}", expires_on=expires_on, last_updated_by="eve@example.com", last_updated_at=now
    )


def observed():
    """Return what was observed: which batch was set to expire when, oldest first."""
    rows = Change.objects.filter(outcome=Outcome.OBSERVED).order_by("pk").values_list("batch_id", "edit")
    return [(batch_id, edit.fields()["expires_on"]) for batch_id, edit in rows]


def assert_each_once(expected):
    eventually(lambda: len(observed()) >= len(expected))
    # Another look or two.
    before = WatchState.objects.get().looked_at
    # A turn that was under way during a jump may have kept a moment from the future.
    eventually(lambda: WatchState.objects.get().looked_at != before)
    assert sorted(observed()) == sorted(expected)
    entries = Entry.objects.filter(outcome="observed").values_list("change_id", flat=True)
    assert len(entries) == len(set(entries)) == len(expected)


@BOTH
def test_nothing_is_lost_and_nothing_told_twice_whenever_watchers_are_killed(sandbox, processes):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    fill(sandbox)
    watchers = [processes.manage("watch"), processes.manage("watch")]
    watched(sandbox)
    expected = []
    for turn in range(ROUNDS):
        so_far = len(sandbox.requests)
        for number in chance.sample(range(BATCHES), 8):
            expires_on = f"20{80 + turn}-01-01T00:00:00Z"
            change_elsewhere(sandbox, number, expires_on)
            expected.append((f"b{number}", expires_on))
        eventually(lambda so_far=so_far: len(sandbox.requests) > so_far)
        time.sleep(chance.uniform(0, 0.3))
        if turn < ROUNDS - 1:
            watchers.pop(0).kill()
            ProcessLease.objects.filter(name="watch").update(until=None, token="")
            watchers.append(processes.manage("watch"))
        # All of a round have been seen before the next, so that no two are one.
        eventually(lambda: len(observed()) >= len(expected))
    assert_each_once(expected)


@BOTH
@pytest.mark.parametrize("off", [7200, -7200], ids=["ahead", "behind"])
def test_a_wrong_clock_breaks_nothing(sandbox, processes, off):
    fill(sandbox)
    processes.manage("watch", **skewed(off))
    watched(sandbox)
    change_elsewhere(sandbox, 3, "2081-01-01T00:00:00Z")
    assert_each_once([("b3", "2081-01-01T00:00:00Z")])
    state = WatchState.objects.get()
    assert abs(timezone.now() - state.looked_at) < timedelta(minutes=10)


@BOTH
def test_a_clock_of_the_database_that_jumps_breaks_nothing(sandbox, processes):
    """What was written before a jump looks as if from the future, or from long ago."""
    fill(sandbox)
    processes.manage("watch")
    watched(sandbox)
    for number, jump in enumerate((timedelta(hours=3), -timedelta(hours=3))):
        then = timezone.now() + jump
        Sighting.objects.update(seen_at=then, counted_at=then)
        WatchState.objects.update(looked_at=then, full_look_at=then, position={"updated_until": then.isoformat()})
        change_elsewhere(sandbox, number, "2081-01-01T00:00:00Z")
        eventually(lambda number=number: len(observed()) > number)
        eventually(lambda then=then: not Sighting.objects.filter(seen_at=then).exists())
    assert_each_once([("b0", "2081-01-01T00:00:00Z"), ("b1", "2081-01-01T00:00:00Z")])


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_second_watcher_takes_over_within_seconds(sandbox, processes, is_killed):
    fill(sandbox)
    first = processes.manage("watch")
    watched(sandbox)
    processes.manage("watch")
    [token] = ProcessLease.objects.filter(name="watch").values_list("token", flat=True)
    if is_killed:
        first.kill()
    else:
        assert first.terminate() == 0
    eventually(lambda: ProcessLease.objects.exclude(token__in=(token, "")).filter(name="watch").exists())
    change_elsewhere(sandbox, 3, "2081-01-01T00:00:00Z")
    assert_each_once([("b3", "2081-01-01T00:00:00Z")])


def test_it_says_that_it_is_turned_off_and_stays(sandbox, processes):
    watcher = processes.manage("watch", WATCH_INTERVAL="0")
    eventually(lambda: "The watcher is off" in watcher.log.read_text())
    assert watcher.is_alive
    assert not sandbox.requests
    assert watcher.terminate() == 0
