"""Late writes: a stop does not end before it has checked for writes that had no answer."""

import threading

import pytest
from django.db.models.functions import Now

from batches.models import Change, Kind, Operation, Outcome, State, TargetScope
from batches.services.changes.reconcile import change_settle
from batches.services.changes.update import batch_edit, batch_pause, batch_resume
from batches.services.operations import runner
from batches.services.operations.runner import operation_run
from sandbox import faults
from syllable.schemas import BatchEdit, Timestamp
from tests.batches.services.factories import carried_out, meanwhile, start, totals, wait_for_abandoned_jobs

pytestmark = pytest.mark.django_db(transaction=True)

LATER = BatchEdit(expires_on=Timestamp.read("2099-01-01T00:00:00Z"))
# Far more than needed.
PATIENCE_SECONDS = 60
# How often a worker may look around without coming to an end.
ROUNDS = 3


class Late:
    """A fault of the sandbox: the connection breaks before an answer, and the write lands on release."""

    def __init__(self):
        self.put = None
        self.may_land, self.has_landed = threading.Event(), threading.Event()

    def __call__(self, exchange):
        self.put = exchange.request.headers["X-Request-ID"]
        exchange.reset()
        self.may_land.wait(600)
        exchange.handle()
        self.has_landed.set()

    def lands(self):
        self.may_land.set()
        assert self.has_landed.wait(PATIENCE_SECONDS)


@pytest.fixture
def late(sandbox):
    """Make the next write of a batch a late one; later writes are answered."""
    made = []

    def make(batch_id):
        made.append(Late())
        sandbox.faults.add(made[-1], method="PUT", path=f"/{batch_id}$")
        return made[-1]

    yield make
    for each in made:
        each.may_land.set()
    wait_for_abandoned_jobs()


class Worker:
    """A worker that does something at the moment when it has nothing left to write but may not end yet."""

    def __init__(self, operation, then):
        self.operation, self.then = operation, then
        self.rounds = 0
        self.must_leave = False

    def run(self):
        """Run the operation until it ends or must be left, and return it."""
        while operation_run(self.operation.pk, must_leave=self.look) and not self.must_leave:
            pass
        assert self.rounds > ROUNDS, "it was over before anything could have landed"
        self.operation.refresh_from_db()
        return self.operation

    def look(self):
        self.rounds += is_done(self.operation)
        if self.rounds == ROUNDS:
            self.rounds += 1
            self.then(self)
        return self.must_leave


def is_done(operation):
    """Return whether the worker has nothing left to write, and says what it waits for."""
    fresh = Operation.objects.get(pk=operation.pk)
    return bool(fresh.detail) and fresh.items.exists() and not fresh.items.filter(state="waiting").exists()


def doubts_are_over():
    """Pretend that the time in which unanswered writes may land has passed."""
    Change.objects.filter(in_doubt_until__gt=Now()).update(in_doubt_until=Now())


@pytest.fixture
def batch(sandbox):
    sandbox.store.add_batch("a", campaign_id=7, status="ACTIVE")
    sandbox.store.add_batch("b", campaign_id=7, status="ACTIVE")


def resumed(operator):
    batch_pause(batch_id="a", actor=operator)
    return lambda: batch_resume(batch_id="a", actor=operator)


def edited(operator):
    return lambda: batch_edit(batch_id="a", edit=LATER, actor=operator, loaded={})


def resumed_by_an_operation(operator):
    carried_out(start(Kind.PAUSE, operator))
    return lambda: carried_out(start(Kind.RESUME, operator))


WRITES = [resumed, edited, resumed_by_an_operation]
STOPS = {
    "everything": {"scope": TargetScope.ALL},
    "campaign": {"scope": TargetScope.CAMPAIGN},
    "selection": {"scope": TargetScope.SELECTION, "batch_ids": ["a", "b"]},
}


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
@pytest.mark.parametrize("prepare", WRITES)
def test_what_lands_after_everything_was_stopped_is_stopped_again(prepare, stop, batch, sandbox, late, operator):
    write = prepare(operator)
    first = late("a")
    write()
    change = Change.objects.get(request_id=first.put)
    assert change.outcome == Outcome.APPLIED
    assert change.is_settled
    assert sandbox.batch("a")["status"] == "ACTIVE"
    operation = start(Kind.PAUSE, operator, **stop)

    def land(worker):
        assert totals(operation) == {"done": 2}
        assert sandbox.batch("a")["status"] == "PAUSED"
        first.lands()
        assert sandbox.batch("a")["status"] == "ACTIVE"
        assert "may still arrive" in Operation.objects.get(pk=operation.pk).detail
        doubts_are_over()

    Worker(operation, land).run()

    assert operation.state == State.FINISHED
    assert operation.detail == ""
    assert totals(operation) == {"done": 2}
    assert sandbox.batch("a")["status"] == "PAUSED"
    assert operation.items.get(batch_id="a").change == operation.changes.filter(batch_id="a").first()


def test_what_lands_is_stopped_again_while_others_may_still_land(batch, sandbox, late, operator, monkeypatch):
    monkeypatch.setattr(runner, "LOOKS_EVERY_SECONDS", 0.1)
    first = late("a")
    edited(operator)()
    operation = start(Kind.PAUSE, operator)

    def land(worker):
        first.lands()
        sandbox.after(meanwhile(doubts_are_over), method="PUT", path="/a$")

    Worker(operation, land).run()

    assert totals(operation) == {"done": 2}
    assert sandbox.batch("a")["status"] == "PAUSED"


def test_what_somebody_resumed_after_the_stop_is_theirs(batch, sandbox, late, operator):
    first = late("a")
    edited(operator)()
    operation = start(Kind.PAUSE, operator, scope=TargetScope.ALL)

    def land(worker):
        first.lands()
        batch_pause(batch_id="a", actor=operator)
        batch_resume(batch_id="a", actor=operator)
        doubts_are_over()

    Worker(operation, land).run()

    assert totals(operation) == {"done": 2}
    assert sandbox.batch("a")["status"] == "ACTIVE"


def test_the_next_worker_looks_again_as_well(batch, sandbox, late, operator):
    first = late("a")
    resumed(operator)()
    operation = start(Kind.PAUSE, operator)

    def leave(worker):
        worker.must_leave = True

    assert Worker(operation, leave).run().is_open
    first.lands()
    doubts_are_over()

    carried_out(operation)

    assert operation.state == State.FINISHED
    assert totals(operation) == {"done": 2}
    assert sandbox.batch("a")["status"] == "PAUSED"


def test_a_batch_that_was_paused_already_when_its_turn_came_is_looked_at_as_well(batch, sandbox, late, operator):
    first = late("a")
    edited(operator)()
    operation = start(Kind.PAUSE, operator, scope=TargetScope.SELECTION, batch_ids=["a", "b"])
    sandbox.store.change_batch("a", status="PAUSED")

    def land(worker):
        assert totals(operation) == {"done": 1, "skipped": 1}
        first.lands()
        doubts_are_over()

    Worker(operation, land).run()

    assert totals(operation) == {"done": 2}
    assert sandbox.batch("a")["status"] == "PAUSED"


def test_a_batch_that_did_not_change_is_read_once_more_and_not_written(batch, sandbox, late, operator):
    late("a")
    edited(operator)()
    operation = start(Kind.PAUSE, operator)
    since = []

    def wait(worker):
        sandbox.before(since.append, times=None)
        doubts_are_over()

    Worker(operation, wait).run()

    assert totals(operation) == {"done": 2}
    assert {request.method for request in since} == {"GET"}
    # Once while it may still land, unless that was before, and once when it cannot any more.
    assert [request.path[-2:] for request in since].count("/a") in (1, 2)


def test_a_worker_that_leaves_while_it_pauses_a_batch_again_leaves_that_to_the_next(batch, sandbox, late, operator):
    first = late("a")
    edited(operator)()
    operation = start(Kind.PAUSE, operator)

    def land(worker):
        first.lands()
        # Between the look at the batch and its next write.
        sandbox.after(lambda request: setattr(worker, "must_leave", True), method="GET", path="/a$")
        doubts_are_over()

    Worker(operation, land).run()
    assert totals(operation) == {"done": 1, "waiting": 1}

    carried_out(operation)

    assert totals(operation) == {"done": 2}
    assert sandbox.batch("a")["status"] == "PAUSED"


@pytest.mark.parametrize(("status", "ends"), [(404, {"done": 2}), (500, {"done": 1, "failed": 1})])
def test_a_batch_that_cannot_be_read_again_is_not_said_to_be_paused_unless_it_is_gone(
    status, ends, batch, sandbox, late, operator
):
    late("a")
    edited(operator)()
    operation = start(Kind.PAUSE, operator)

    def lose(worker):
        sandbox.faults.add(faults.answer(status), method="GET", path="/a$", times=None)
        doubts_are_over()

    Worker(operation, lose).run()

    assert operation.state == State.FINISHED
    assert totals(operation) == ends


def test_a_write_is_in_doubt_before_it_is_sent_and_stays_so_where_its_process_dies(batch, sandbox, operator):
    seen = []

    def settle():
        seen.append(Change.objects.get())
        Change.objects.update(deadline_at=Now())
        # As another process does that finds it past its time.
        change_settle(Change.objects.get())

    sandbox.after(meanwhile(settle), method="PUT")
    batch_pause(batch_id="a", actor=operator)

    change = Change.objects.get()
    assert change.outcome == Outcome.APPLIED
    assert change.in_doubt_until == seen[0].in_doubt_until is not None


def test_a_write_that_was_answered_is_in_no_doubt(batch, sandbox, operator):
    batch_pause(batch_id="a", actor=operator)
    sandbox.faults.add(faults.answer(422), method="PUT")
    batch_resume(batch_id="a", actor=operator)
    sandbox.faults.add(faults.answer(429), method="PUT")
    batch_resume(batch_id="a", actor=operator)

    assert Change.objects.count() == 3
    assert not Change.objects.exclude(in_doubt_until=None).exists()


@pytest.mark.parametrize(
    "fault", [faults.answer(504), faults.reset(), faults.reset(applied=True)], ids=["504", "reset", "taken, then reset"]
)
def test_a_write_without_an_answer_is_in_doubt_whatever_confirms_it(fault, batch, sandbox, operator):
    sandbox.faults.add(fault, method="PUT")

    change = batch_pause(batch_id="a", actor=operator).change

    assert change.outcome == Outcome.APPLIED
    change.refresh_from_db()
    assert change.in_doubt_until > change.settled_at


def test_a_stop_of_one_campaign_does_not_wait_for_the_writes_of_another(batch, sandbox, late, operator):
    sandbox.store.add_batch("other", campaign_id=8, status="ACTIVE")
    late("other")
    batch_edit(batch_id="other", edit=LATER, actor=operator, loaded={})

    operation = carried_out(start(Kind.PAUSE, operator))

    assert operation.state == State.FINISHED
    assert Change.objects.under_way().get().batch_id == "other"


def test_a_stop_does_not_wait_for_the_pauses_of_others(batch, sandbox, late, operator):
    late("a")
    carried_out(start(Kind.PAUSE, operator))

    operation = carried_out(start(Kind.PAUSE, operator, scope=TargetScope.ALL))

    assert operation.state == State.FINISHED
    assert Change.objects.under_way().get().batch_id == "a"
