"""What a process counts of its calls to the API: every attempt, and every call that was turned away."""

from contextlib import ExitStack, suppress

import pytest

from batches.api_client import syllable_client
from batches.services.changes.update import batch_pause
from common.counters import counts, since
from common.heartbeat import readings
from sandbox import faults
from syllable.errors import SyllableError
from syllable.resilience.bulkhead import LIMITS, Lane
from syllable.resilience.deadline import Deadline

SECONDS = 60


@pytest.fixture
def counted(sandbox):
    """Return what was counted of calls since the test began, by lane and result."""
    sandbox.store.add_batch("a", status="ACTIVE")
    before = counts()

    def counted():
        grown = {key: value for key, value in since(counts(), before).items() if value}
        return {labels: value for (name, labels), value in grown.items() if name == "outbound_api_calls"}

    return counted


def read(batch_id="a", *, lane=Lane.WATCH, seconds=SECONDS):
    """Read a batch, in a lane that tries once."""
    with suppress(SyllableError):
        syllable_client(lane).get_batch(batch_id, deadline=Deadline(seconds))


@pytest.mark.parametrize(
    ("fault", "result"),
    [
        (None, "ok"),
        (faults.answer(422), "refused"),
        (faults.answer(401), "key_refused"),
        (faults.answer(429), "rate_limited"),
        (faults.answer(500), "unavailable"),
        (faults.broken_json(), "unreadable"),
    ],
)
def test_each_attempt_counts_by_its_result(counted, sandbox, fault, result):
    if fault:
        sandbox.faults.add(fault, times=None)
    read()
    assert counted() == {("watch", result): 1}


def test_an_attempt_that_ends_too_late_is_timed_out(counted, sandbox, give_up_soon):
    sandbox.faults.add(faults.hang(), times=None)
    give_up_soon()
    read()
    assert counted() == {("watch", "timed_out"): 1}


def test_nobody_at_the_address_is_not_sent(counted, settings):
    settings.SYLLABLE_API_URL = "http://127.0.0.1:1"
    read()
    assert counted() == {("watch", "not_sent"): 1}


def test_tries_of_one_call_count_each(counted, sandbox):
    sandbox.faults.add(faults.answer(503), times=2)
    read(lane=Lane.PAGES)
    assert counted() == {("pages", "unavailable"): 2, ("pages", "ok"): 1}


def test_a_write_counts_in_its_own_lane(counted, operator):
    batch_pause(batch_id="a", actor=operator)
    assert counted() == {("writes", "ok"): 2}


def test_a_call_that_finds_no_place_is_counted_and_never_sent(counted, sandbox):
    with ExitStack() as held:
        bulkhead = syllable_client()._transport.bulkhead
        for _ in range(LIMITS[Lane.WATCH].calls):
            held.enter_context(bulkhead.call(Lane.WATCH, Deadline(SECONDS)))
        read()
    assert counted() == {("watch", "too_busy"): 1}
    assert not sandbox.requests


def test_a_call_that_the_breaker_holds_back_is_counted_and_never_sent(counted, sandbox, silence):
    silence()
    failed = counted()["pages", "unavailable"]
    read(lane=Lane.PAGES)
    assert counted() == {("pages", "unavailable"): failed, ("pages", "breaker_open"): 1}
    assert not sandbox.requests


def test_the_readings_tell_silence_and_the_last_answer(counted, silence):
    read()
    assert readings["api_silent_for"]() is None
    assert 0 <= readings["api_accepted_ago"]() < SECONDS

    silence()

    assert 0 <= readings["api_silent_for"]() < SECONDS
    assert readings["api_failed_ago"]() <= readings["api_accepted_ago"]()
