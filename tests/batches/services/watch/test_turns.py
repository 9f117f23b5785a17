"""Turns: what fits into one, whom the API's trouble concerns, and what the watcher leaves to others."""

import json

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from batches.models import Change, ItemState, Kind, Operation, Sighting, State, WatchState
from batches.services.changes.update import batch_pause
from batches.services.watch import calls
from batches.services.watch.budget import Budget
from batches.services.watch.watcher import Watcher
from common.clock import from_now
from common.models import ProcessLease
from sandbox import faults
from tests.batches.services.factories import start
from tests.batches.services.watch.conftest import observed, seen

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("contract", ["2025-04", "current"])


def paths(sandbox):
    return [request.path for request in sandbox.requests]


def state():
    return WatchState.objects.get()


def budget_of(watcher, number):
    """Let the watcher make so many calls, and no more."""

    class Few(Budget):
        def pause(self):
            return 0.0 if self.left > 0 else 3600.0

        def take(self):
            self.left -= 1

    watcher._budget = Few(120)
    watcher._budget.left = number


@BOTH
def test_what_does_not_fit_into_a_turn_is_continued_in_the_next(watcher, sandbox, contract, monkeypatch):
    monkeypatch.setattr("batches.services.watch.walk.ROWS_PER_PAGE", 5)
    monkeypatch.setattr("batches.services.watch.full_look.ROWS_PER_PAGE", 5)
    # The lists have had their share of the time after one page.
    monkeypatch.setattr("batches.services.watch.watcher.WALKS_SHARE", -1)
    for number in range(23):
        sandbox.store.add_batch(f"{number:02}", status=("ACTIVE", "PAUSED", "EXPIRED")[number % 3])
    turns = 0
    while not WatchState.objects.exclude(looked_at=None).exclude(full_look_at=None).exists():
        budget_of(watcher, 4)
        watcher.look()
        turns += 1
        assert turns < 30
    assert turns > 3
    assert Sighting.objects.count() == 23
    assert Sighting.objects.filter(status="ACTIVE").exclude(counted_at=None).exists()


@BOTH
def test_active_batches_are_counted_in_turns_oldest_first(watcher, sandbox, contract):
    for number in range(9):
        sandbox.store.add_batch(f"b{number}", status="ACTIVE", requests=2)
    watcher.look()
    counted = set()
    for _ in range(4):
        sandbox.requests.clear()
        budget_of(watcher, 8)
        watcher.look()
        counted |= {path for path in paths(sandbox) if "/batches/" in path}
    assert len(counted) == 9


@BOTH
def test_however_many_are_active_the_others_are_counted_too(watcher, sandbox, contract):
    for number in range(30):
        sandbox.store.add_batch(f"active-{number}", status="ACTIVE", requests=2)
    for number in range(3):
        sandbox.store.add_batch(f"paused-{number}", status="PAUSED", requests=2)
    for _ in range(8):
        budget_of(watcher, 20)
        watcher.look()
    assert not Sighting.objects.filter(status="PAUSED", counted_at=None).exists()


@BOTH
def test_a_429_ends_the_turn_and_halves_what_follows(watcher, sandbox, contract):
    sandbox.store.add_batch("a", status="ACTIVE")
    sandbox.faults.add(faults.answer(429, headers={"Retry-After": "20"}), times=None)
    watcher.look()
    assert len(sandbox.requests) == 1
    assert (state().problem, state().calls) == ("rate_limited", 1)
    assert watcher._budget.pause() > 15
    assert (state().retry_at - state().tried_at).total_seconds() > 15
    assert watcher._budget._share == pytest.approx(0.5)


def test_a_wait_of_hours_is_not_obeyed_to_the_end(watcher, sandbox):
    sandbox.faults.add(faults.answer(429, headers={"Retry-After": "20000"}), times=None)
    watcher.look()
    assert 500 < (state().retry_at - state().tried_at).total_seconds() < 700


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (faults.answer(401), "key_refused"),
        (faults.answer(403), "key_refused"),
        (faults.answer(500), "unavailable"),
        (faults.reset(), "unavailable"),
        (faults.broken_json(), "unreadable"),
        (faults.answer(422), "unreadable"),
    ],
)
def test_it_says_since_when_and_why_it_cannot_look(watcher, sandbox, fault, problem):
    sandbox.store.add_batch("a", status="ACTIVE")
    sandbox.faults.add(fault, times=None)
    watcher.look()
    first = state()
    assert first.problem == problem
    assert first.failing_since
    assert first.retry_at > first.tried_at
    assert first.looked_at is None
    watcher.look()
    assert state().failing_since == first.failing_since
    sandbox.faults.clear()
    watcher.look()
    assert (state().problem, state().failing_since, state().retry_at) == ("", None, None)
    assert state().looked_at


def test_pauses_grow_while_it_fails(watcher, sandbox):
    sandbox.faults.add(faults.answer(500), times=None)
    pauses = []
    for _ in range(5):
        watcher.look()
        pauses.append(round((state().retry_at - state().tried_at).total_seconds(), -1))
    assert pauses == sorted(pauses)
    assert pauses[-1] > 2 * pauses[0]
    assert pauses[-1] == pauses[-2] < 400


@BOTH
def test_one_batch_that_cannot_be_read_keeps_nobody_waiting(watcher, sandbox, contract):
    for batch_id in ("a", "b", "c"):
        sandbox.store.add_batch(batch_id, status="ACTIVE", requests=2)
    failing = sandbox.faults.add(faults.answer(500), path=r"/batches/a$", times=None)
    watcher.look()
    watcher.look()
    assert failing.hits == 1
    assert seen("a").counted_at is None
    assert seen("b").counted_at
    assert not state().problem


@BOTH
def test_while_a_stop_is_carried_out_it_reads_nothing_but_its_batches(watcher, sandbox, contract, operator):
    for batch_id in ("a", "b"):
        sandbox.store.add_batch(batch_id, campaign_id=7, status="ACTIVE")
    watcher.look()
    stop = start(Kind.PAUSE, operator)
    change = batch_pause(batch_id="a", actor=operator).change
    stop.items.create(batch_id="a", state=ItemState.DONE, change=change, finished_at=Now())
    Operation.objects.filter(pk=stop.pk).update(state=State.RUNNING, lease_until=from_now(calls_long()))
    sandbox.requests.clear()
    watcher.look()
    assert [path.rsplit("/", 1)[-1] for path in paths(sandbox)] == ["a"]
    assert seen("a").status == "PAUSED"
    sandbox.requests.clear()
    watcher.look()
    assert not paths(sandbox)
    Operation.objects.update(state=State.FINISHED)
    watcher.look()
    assert paths(sandbox)
    assert not observed()


def calls_long():
    return timezone.timedelta(minutes=5)


@BOTH
def test_a_stop_that_begins_during_a_turn_ends_it(watcher, sandbox, contract, monkeypatch):
    sandbox.store.add_batch("a", status="ACTIVE")
    asked = iter([False, False, True])
    monkeypatch.setattr(calls, "is_stopping", lambda: next(asked, True))
    watcher.look()
    assert len(sandbox.requests) == 2


@BOTH
def test_what_a_full_look_misses_is_gone_once_its_own_answer_says_so(watcher, sandbox, contract):
    for batch_id in ("a", "b"):
        sandbox.store.add_batch(batch_id, status="ACTIVE")
    watcher.look()
    with sandbox.store.transaction():
        sandbox.store._db.execute("DELETE FROM batches WHERE batch_id = 'a'")
    WatchState.objects.update(full_look_at=None)
    watcher.look()
    assert seen("a").gone_at
    assert seen("b").gone_at is None
    assert not observed()
    sandbox.store.add_batch("a", status="ACTIVE")
    WatchState.objects.update(full_look_at=None)
    watcher.look()
    assert seen("a").gone_at is None


def test_what_a_list_by_status_has_lost_is_read_by_itself(watcher, sandbox):
    sandbox.store.add_batch("a", status="ACTIVE")
    watcher.look()
    sandbox.store.change_batch("a", status="CANCELED", deleted_reason="done", last_updated_by="eve@example.com")
    sandbox.requests.clear()
    watcher.look()
    [change] = observed()
    assert change.edit.fields() == {"status": "CANCELED", "deleted_reason": "done"}
    assert change.reason == "done"
    assert seen("a").is_over


@BOTH
def test_a_list_that_lags_behind_a_change_of_ours_is_not_believed(watcher, sandbox, contract, operator):
    sandbox.store.add_batch("a", status="ACTIVE")
    watcher.look()
    shown = {name: value for name, value in sandbox.batch("a").items() if "counts" not in name}
    batch_pause(batch_id="a", actor=operator)
    lagging = json.dumps({"items": [shown], "page": 0, "page_size": 100, "total_count": 1}).encode()
    fault = sandbox.faults.add(faults.answer(200, content=lagging), path=r"/batches$", times=None)
    watcher.look()
    assert fault.hits
    assert not observed()
    assert seen("a").status == "PAUSED"


@BOTH
def test_a_list_that_lags_behind_a_change_made_elsewhere_is_not_believed(watcher, sandbox, contract):
    now = timezone.now().isoformat()
    sandbox.store.add_batch("a", status="ACTIVE", last_updated_at=now)
    watcher.look()
    shown = {name: value for name, value in sandbox.batch("a").items() if "counts" not in name}
    sandbox.store.change_batch("a", status="PAUSED", last_updated_by="eve@example.com", last_updated_at=now)
    watcher.look()
    assert len(observed()) == 1
    lagging = json.dumps({"items": [shown], "page": 0, "page_size": 100, "total_count": 1}).encode()
    fault = sandbox.faults.add(faults.answer(200, content=lagging), path=r"/batches$", times=None)
    watcher.look()
    assert fault.hits
    assert len(observed()) == 1
    assert seen("a").status == "PAUSED"


@BOTH
def test_odd_rows_break_nothing(watcher, sandbox, contract):
    sandbox.store.add_batch("good", status="ACTIVE")
    sandbox.store.add_batch("a\0b", status="ACTIVE")
    sandbox.store.add_batch("x" * 501, status="ACTIVE")
    sandbox.store.add_batch("strange", status="THROTTLED\0", extra={"campaign_id": 10**30, "created_at": "once"})
    sandbox.store.add_batch("bare", status="ACTIVE", omit=["campaign_id", "status", "created_at", "last_updated_by"])
    sandbox.store.add_batch("long", status="ACTIVE", extra={"note": "x" * 100_000, "expires_on": ["soon"]})
    watcher.look()
    watcher.look()
    assert set(Sighting.objects.values_list("batch_id", flat=True)) == {"good", "strange", "bare", "long"}
    assert seen("strange").status == "THROTTLED\ufffd"
    assert seen("strange").campaign_id is None
    assert not seen("strange").is_over
    assert "note" not in seen("long").raw
    assert not state().problem
    assert not Change.objects.exists()


def test_a_watcher_without_the_lease_does_nothing(watcher, sandbox):
    sandbox.store.add_batch("a", status="ACTIVE")
    watcher.look()
    other = Watcher(interval=60.0)
    sandbox.requests.clear()
    other.look()
    other.tick()
    assert not paths(sandbox)
    watcher.lease.give_back()
    other.tick()
    assert paths(sandbox)


@BOTH
def test_a_look_that_outlives_its_lease_writes_nothing(watcher, sandbox, contract):
    sandbox.store.add_batch("a", status="ACTIVE")
    watcher.look()
    before = seen("a").seen_at
    looked_at = state().tried_at
    sandbox.store.change_batch("a", status="PAUSED", last_updated_at=timezone.now().isoformat())
    make = calls.Calls.make

    def overtaken(self, read, **how):
        answer = make(self, read, **how)
        ProcessLease.objects.update(token="another")
        return answer

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(calls.Calls, "make", overtaken)
        watcher.look()
    assert seen("a").seen_at == before
    assert state().tried_at == looked_at
    assert not observed()
