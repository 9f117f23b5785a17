"""Machines whose clocks are wrong: only the database's says whether a writer may still be alive."""

from datetime import timedelta
from threading import Event

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from batches.models import Change, Kind, Origin, Outcome, State
from tests.batches.services.factories import start, totals
from tests.workers.campaigns import fill, finished
from tests.workers.processes import PATIENCE_SECONDS, eventually, skewed

pytestmark = pytest.mark.django_db(transaction=True)

# For one call. Long, so that a machine that stalls does not look like an API that does not answer.
TIMEOUT = 2.0 * PATIENCE_SECONDS
# Longer than a writer is given.
OFF = 45 + 4 * TIMEOUT
PAUSE = """
from batches.services.changes.update import batch_pause
from accounts.models import User
batch_pause(batch_id="a", actor=User.objects.get(email="operator@example.com"))
"""


@pytest.fixture
def batch(sandbox):
    sandbox.store.add_batch("a", status="ACTIVE")
    return sandbox


@pytest.fixture
def paused(batch, processes, operator):
    """Have a process pause the batch; the API holds its write until the test calls `let_go`."""
    arrived, may_go = Event(), Event()
    batch.before(lambda request: arrived.set() or may_go.wait(TIMEOUT), method="PUT")

    def pause(*, clock_off=0):
        writer = processes.shell(PAUSE, SYLLABLE_TIMEOUT=str(TIMEOUT), **skewed(clock_off))
        eventually(lambda: arrived.is_set() or not writer.is_alive)
        writer.let_go = may_go.set
        return writer

    yield pause
    may_go.set()


def the_change():
    return Change.objects.get()


def assert_confirmed(writer):
    """Assert that the writer lived, and that its change was applied."""
    assert the_change().outcome == Outcome.STARTED
    writer.let_go()
    assert writer.wait() == 0
    assert the_change().outcome == Outcome.APPLIED


def test_who_settles_with_a_clock_that_is_ahead_leaves_a_living_writer_alone(paused, batch, processes):
    writer = paused()
    asked = len(batch.requests.of("GET"))

    settler = processes.manage("settle_changes", **skewed(OFF))

    assert settler.wait() == 0
    assert len(batch.requests.of("GET")) == asked
    assert_confirmed(writer)


def test_a_living_writer_with_a_clock_that_is_behind_is_left_alone(paused, processes):
    writer = paused(clock_off=-OFF)

    assert processes.manage("settle_changes").wait() == 0

    assert_confirmed(writer)


def test_a_second_writer_with_a_clock_that_is_ahead_waits_for_the_first(paused, batch, processes):
    first = paused()

    second = processes.shell(PAUSE, **skewed(OFF))

    assert second.wait() == 0
    assert len(batch.requests.of("PUT")) == 1
    started, refused = Change.objects.order_by("pk")
    assert (started.outcome, refused.outcome) == (Outcome.STARTED, Outcome.NOT_SENT)
    first.let_go()
    assert first.wait() == 0
    started.refresh_from_db()
    assert started.outcome == Outcome.APPLIED


def test_who_settles_with_a_clock_that_is_behind_finds_what_a_dead_writer_left(paused, batch, processes):
    writer = paused()
    writer.kill()
    batch.store.change_batch("a", status="PAUSED")
    Change.objects.update(deadline_at=Now() - timedelta(seconds=1))

    assert processes.manage("settle_changes", **skewed(-OFF)).wait() == 0

    assert the_change().outcome == Outcome.APPLIED


def test_the_trail_says_when_by_the_clock_of_the_database(paused):
    earlier = timezone.now()
    writer = paused(clock_off=OFF)
    writer.let_go()
    assert writer.wait() == 0

    change = the_change()
    # SQLite counts milliseconds.
    moments = [earlier - timedelta(milliseconds=1), change.started_at, change.seen_at, change.settled_at]
    assert moments == sorted(moments)
    assert change.settled_at <= timezone.now()
    assert change.started_at < change.deadline_at < change.started_at + timedelta(seconds=OFF)


@pytest.mark.parametrize("clock_off", [OFF, -OFF], ids=["ahead", "behind"])
def test_the_header_counts_by_the_clock_of_the_database(paused, processes, clock_off):
    code = (
        "from batches.access import EVERYTHING; from batches.selectors.operations import header_counts; "
        "print('not confirmed:', header_counts(scope=EVERYTHING).not_confirmed)"
    )
    paused()

    def counted():
        process = processes.shell(code, **skewed(clock_off))
        assert process.wait() == 0
        return process.log.read_text()

    assert "not confirmed: 0" in counted()
    Change.objects.update(deadline_at=Now() - timedelta(seconds=1))
    assert "not confirmed: 1" in counted()


def test_a_worker_with_a_clock_that_is_behind_goes_on_with_what_a_dead_one_left(sandbox, processes, operator):
    ids = fill(sandbox, 1)
    operation = start(Kind.PAUSE, operator)
    operation.items.create(batch_id=ids[0])
    Change.objects.create(
        batch_id=ids[0],
        operation=operation,
        actor=operator,
        actor_email=operator.email,
        origin=Origin.OPERATION,
        edit=operation.edit,
        before=sandbox.batch(ids[0]),
        deadline_at=Now(),
    )

    processes.manage("work_queue", "stop", **skewed(-OFF))

    assert finished(operation).state == State.FINISHED
    assert totals(operation) == {"done": 1}
