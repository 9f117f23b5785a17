"""Batches whose calls hang: they keep a stop neither from the others nor from its end."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from batches.api_client import syllable_client
from batches.models import Change, Kind, Outcome, TargetScope
from batches.services.operations import item_write, runner
from batches.services.operations.actions import operation_stop
from batches.services.operations.item_write import short_try_seconds
from batches.services.operations.runner import operation_run
from batches.services.operations.runner_pool import MOST_CALLS, MOST_CALLS_OF_AN_EMERGENCY
from sandbox import faults
from syllable.resilience.bulkhead import Lane
from syllable.schemas import BatchEdit
from tests.batches.services.factories import carried_out, start, totals, wait_for_abandoned_jobs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("short_tries")]

HEALTHY, HANGING = 100, 20
# Of what the healthy ones take without the others; 1.4 is measured, and more than ten where the others hold them up.
MOST_TIMES = 2.5


@pytest.fixture
def held(sandbox):
    """Hold writes of batches with "hang" in their id until the test ends."""
    may_go = threading.Event()
    sandbox.before(lambda request: may_go.wait(600), method="PUT", path="hang", times=None)
    sandbox.latency = 0.1
    yield may_go
    may_go.set()
    wait_for_abandoned_jobs()


def seconds_to_pause(sandbox, operator, *, campaign_id, ids):
    """Return how long it takes until each batch that does not hang was written; then leave the operation."""
    healthy = [batch_id for batch_id in ids if "hang" not in batch_id]
    for batch_id in ids:
        sandbox.store.add_batch(batch_id, campaign_id=campaign_id, status="ACTIVE")
    operation = start(Kind.PAUSE, operator, campaign_id=campaign_id)
    written, all_written = [], threading.Event()

    def count(request):
        written.append(time.monotonic())
        if len(written) == len(healthy):
            all_written.set()

    sandbox.after(count, method="PUT", path=f"/{campaign_id}-[^/]*well", times=None)
    began = time.monotonic()

    def run():
        try:
            operation_run(operation.pk, must_leave=all_written.is_set)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        assert all_written.wait(300)
        running.result()
    # It would wait for its turn beside the next one.
    operation_stop(operation=operation, actor=operator)
    assert {sandbox.batch(batch_id)["status"] for batch_id in healthy} == {"PAUSED"}
    return written[-1] - began


def well(campaign_id, count=HEALTHY):
    return [f"{campaign_id}-{number:03}-well" for number in range(count)]


def first(campaign_id):
    """List all hanging batches before the others."""
    return [f"{campaign_id}-000-{number:02}-hang" for number in range(HANGING)] + well(campaign_id)


def among(campaign_id):
    """Spread the hanging batches among the others."""
    every = HEALTHY // HANGING
    return well(campaign_id) + [f"{campaign_id}-{number * every:03}-hang" for number in range(HANGING)]


@pytest.mark.parametrize("placed", [first, among])
def test_batches_that_hang_do_not_hold_up_the_others(placed, held, sandbox, operator):
    without = seconds_to_pause(sandbox, operator, campaign_id=7, ids=well(7))
    beside = seconds_to_pause(sandbox, operator, campaign_id=8, ids=placed(8))

    assert beside < MOST_TIMES * without, f"{beside:.1f} s instead of {without:.1f}"


@pytest.fixture
def batches(sandbox):
    """Provide campaign 7 with three batches; the test chooses the first one's fault."""
    for batch_id in ("a", "b", "c"):
        sandbox.store.add_batch(batch_id, campaign_id=7, status="ACTIVE")
    return sandbox


def test_a_short_try_that_hung_is_not_confirmed_and_its_batch_is_read_before_it_is_tried_again(
    batches, operator, give_up_soon
):
    give_up_soon()
    batches.faults.add(faults.hang(), method="PUT", path="/a$")

    operation = carried_out(start(Kind.PAUSE, operator))

    assert totals(operation) == {"done": 3}
    first, second = operation.changes.filter(batch_id="a").order_by("pk")
    assert (first.outcome, second.outcome) == (Outcome.UNCONFIRMED, Outcome.APPLIED)
    assert first.in_doubt_until
    of_a = [request.method for request in list(batches.requests) if request.path.endswith("/a")]
    assert of_a[:3] == ["GET", "PUT", "GET"]
    assert of_a[-2:] == ["GET", "PUT"]
    assert of_a.count("PUT") == 2


def test_what_hung_is_tried_again_after_all_others(batches, operator, give_up_soon):
    give_up_soon()
    batches.faults.add(faults.hang(), method="PUT", path="/a$")

    carried_out(start(Kind.PAUSE, operator))

    assert [request.path[-1] for request in batches.requests.of("PUT")][-1] == "a"


def test_what_appears_while_others_hang_is_stopped_beside_them(held, sandbox, operator, monkeypatch):
    monkeypatch.setattr(runner, "LOOKS_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(item_write, "SHORT_TRY", 1 / 12)
    sandbox.store.add_batch("hangs", campaign_id=7, status="ACTIVE")
    operation = start(Kind.PAUSE, operator)
    appears = lambda request: sandbox.store.add_batch("late", campaign_id=7, status="ACTIVE")  # noqa: E731
    # In its second try.
    sandbox.after(appears, method="GET", path="/hangs$", skip=3)

    operation_run(operation.pk, must_leave=lambda: (sandbox.batch("late") or {}).get("status") == "PAUSED")

    assert len(sandbox.requests.of("PUT")) == 3


def test_a_short_try_that_was_taken_without_an_answer_is_done_at_once(batches, operator, give_up_soon):
    give_up_soon()
    batches.faults.add(faults.hang(applied=True), method="PUT", path="/a$")

    operation = carried_out(start(Kind.PAUSE, operator))

    assert totals(operation) == {"done": 3}
    assert {change.outcome for change in operation.changes.all()} == {Outcome.APPLIED}
    assert len(batches.requests.of("PUT")) == 3


def test_a_read_that_hangs_is_not_sent_and_tried_again(batches, operator, give_up_soon):
    give_up_soon()
    batches.faults.add(faults.hang(), method="GET", path="/a$")

    operation = carried_out(start(Kind.PAUSE, operator))

    assert totals(operation) == {"done": 3}
    assert [change.outcome for change in operation.changes.filter(batch_id="a").order_by("pk")] == [
        Outcome.NOT_SENT,
        Outcome.APPLIED,
    ]


def test_a_batch_that_another_writer_holds_does_not_keep_a_stop_waiting(batches, operator):
    later = timezone.now() + timedelta(seconds=3)
    Change.objects.create(
        batch_id="a", actor_email="other@example.com", origin="form", edit=BatchEdit(), deadline_at=later
    )

    operation = carried_out(start(Kind.PAUSE, operator))

    assert totals(operation) == {"done": 3}
    assert [request.path[-1] for request in batches.requests.of("PUT")][-1] == "a"


def test_a_resume_gives_each_batch_its_whole_time(batches, sandbox, operator, monkeypatch):
    carried_out(start(Kind.PAUSE, operator))
    monkeypatch.setattr(item_write, "short_try_seconds", lambda: 0.0)

    resume = carried_out(start(Kind.RESUME, operator))

    assert totals(resume) == {"done": 3}
    assert {change.outcome for change in resume.changes.all()} == {Outcome.APPLIED}


def test_an_api_that_is_slow_with_all_does_not_hang(sandbox, settings):
    settings.SYLLABLE_TIMEOUT = 20.0
    client = syllable_client(Lane.OPERATIONS)
    assert short_try_seconds() == 4.0

    times = iter(range(0, 1000, 3))
    client.latency._clock = lambda: next(times)
    for _ in range(5):
        with client.latency.measured(is_write=True):
            pass

    assert short_try_seconds() == 12.0


@pytest.mark.parametrize(
    ("kind", "scope", "most"),
    [
        (Kind.PAUSE, TargetScope.CAMPAIGN, MOST_CALLS),
        (Kind.PAUSE, TargetScope.ALL, MOST_CALLS_OF_AN_EMERGENCY),
        (Kind.RESUME, TargetScope.FILTER, 8),
    ],
)
def test_calls_that_hang_are_so_many_and_no_more(kind, scope, most, held, sandbox, operator, settings):
    settings.SYLLABLE_TIMEOUT = 1000.0
    status = "PAUSED" if kind == Kind.RESUME else "ACTIVE"
    for number in range(100):
        sandbox.store.add_batch(f"{number:02}-hang", campaign_id=7, status=status)
    operation = start(kind, operator, scope=scope, status="PAUSED" if scope == TargetScope.FILTER else "")
    rounds = []

    def look():
        rounds.append(len(sandbox.requests.of("PUT")))
        return rounds.count(most) > 10 or max(rounds) > most

    operation_run(operation.pk, must_leave=look)

    assert max(rounds) == most
