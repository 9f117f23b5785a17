"""Whatever the order of looks and of our own writes, none of ours ever appears as made elsewhere."""

from contextlib import nullcontext, suppress
from datetime import timedelta
from itertools import count
from unittest.mock import patch

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from batches.models import Change, Outcome, Sighting, WatchState
from batches.services.changes.update import batch_update
from batches.services.changes.write import MOST_SENDS, Road
from batches.services.watch.watcher import Watcher
from common.models import ProcessLease
from sandbox import faults
from syllable.schemas import BatchEdit, BatchStatus, Timestamp
from tests.batches.services.factories import meanwhile
from tests.batches.services.looks import take_every_look

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.parametrize("contract", ["2025-04", "current"])]

NUMBERS = count()
EDITS = {
    "pause": BatchEdit(status=BatchStatus.PAUSED),
    "resume": BatchEdit(status=BatchStatus.ACTIVE),
    "sooner": BatchEdit(expires_on=Timestamp.read("2098-01-01T00:00:00Z")),
    "later": BatchEdit(expires_on=Timestamp.read("2099-01-01T00:00:00Z")),
}
# How a write of ours goes: as it should, lost on the way, taken without an answer, taken later, or its writer dies.
WAYS = ("answered", "lost", "silent", "late", "dies", "dies_late")
WRITE = st.tuples(st.sampled_from(sorted(EDITS)), st.sampled_from(WAYS))
DEED = WRITE | st.sampled_from(["land", "time_passes", "settle", "platform"])
# A look, with deeds while its requests are under way: before the API reads its store, and after.
LOOK = st.tuples(
    st.just("look"),
    st.lists(
        st.tuples(st.sampled_from(["before", "after"]), st.sampled_from([r"/batches$", r"/b\d+$"]), DEED), max_size=2
    ),
)
HISTORY = st.lists(DEED | LOOK, min_size=2, max_size=9)


class Crash(Exception):
    """The writer dies here."""


class Lost:
    """A fault: the connection breaks, and what was sent may be taken later."""

    def __init__(self):
        self.sent = []

    def __call__(self, exchange):
        self.sent.append(exchange.handle)
        exchange.reset()


class World:
    """One batch, a watcher, and everybody who writes the batch from here."""

    def __init__(self, sandbox, actor):
        self.sandbox, self.actor = sandbox, actor
        self.batch_id = f"b{next(NUMBERS)}"
        self.lost = Lost()
        self.watcher = Watcher(interval=600.0)
        sandbox.reset()
        Sighting.objects.all().delete()
        WatchState.objects.all().delete()
        ProcessLease.objects.all().delete()
        now = timezone.now().isoformat()
        sandbox.store.add_batch(self.batch_id, status="ACTIVE", requests=2, last_worked_on=now)

    def live(self, history):
        for step in history:
            if step[0] == "look":
                self.look(step[1])
            else:
                self.do(step)

    def look(self, deeds=()):
        hooks = []
        for when, path, deed in deeds:
            hook = self.sandbox.before if when == "before" else self.sandbox.after
            hooks.append(hook(meanwhile(lambda deed=deed: self.do(deed)), method="GET", path=path))
        self.watcher.look()
        for hook in hooks:
            # What had no request to happen in must not happen after the history.
            hook.times = 0

    def do(self, deed):
        if isinstance(deed, tuple):
            self.write(*deed)
        else:
            getattr(self, deed)()

    def write(self, edit, way):
        fault = {
            "lost": faults.reset(),
            "silent": faults.reset(applied=True),
            "late": self.lost,
            "dies_late": self.lost,
        }
        if way in fault:
            self.sandbox.faults.add(fault[way], method="PUT", times=MOST_SENDS if way != "silent" else 1)
        ends = patch.object(Road, "_finish", side_effect=Crash) if way.startswith("dies") else nullcontext()
        with ends, suppress(Crash), patch("batches.services.changes.update.LOCK_WAIT_SECONDS", 0):
            batch_update(batch_id=self.batch_id, edit=EDITS[edit], actor=self.actor, origin="click")
        self.sandbox.faults.clear()

    def land(self):
        if self.lost.sent:
            self.lost.sent.pop(0)()

    def time_passes(self):
        past = timezone.now() - timedelta(seconds=1)
        Change.objects.exclude(in_doubt_until=None).update(in_doubt_until=past)
        Change.objects.update(deadline_at=past)

    def settle(self):
        take_every_look()

    def platform(self):
        status = self.sandbox.store.batch(self.batch_id)["status"]
        moves = {"ACTIVE": "IDLE", "IDLE": "ACTIVE", "PENDING": "ACTIVE"}
        if status in moves:
            now = timezone.now().isoformat()
            self.sandbox.store.change_batch(self.batch_id, status=moves[status], last_updated_at=now)

    def observed(self):
        return list(Change.objects.filter(batch_id=self.batch_id, outcome=Outcome.OBSERVED))


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=(HealthCheck.function_scoped_fixture, HealthCheck.too_slow),
)
@given(history=HISTORY)
def test_none_of_our_own_writes_appears_as_made_elsewhere_and_what_follows_does(history, sandbox, operator):
    world = World(sandbox, operator)
    world.live([("look", []), *history])
    assert not world.observed()
    world.time_passes()
    world.settle()
    world.look()
    world.land()
    world.look()
    world.look()
    assert not world.observed()

    expires = {"expires_on": "2097-01-01T00:00:00Z"}
    now = timezone.now().isoformat()
    sandbox.store.change_batch(world.batch_id, last_updated_by="eve@example.com", last_updated_at=now, **expires)
    world.look()
    world.look()
    [change] = world.observed()
    assert change.edit.fields() == expires
