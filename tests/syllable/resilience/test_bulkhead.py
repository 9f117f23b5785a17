"""With an API that hangs: few callers wait, the others hear so at once, and a write always gets through."""

import re
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue

import pytest

from sandbox import faults
from syllable.errors import NotAnswering, NotSent, RateLimited, SyllableError, SyllableUnavailable, TimedOut, TooBusy
from syllable.resilience import circuit_breaker
from syllable.resilience.bulkhead import LIMITS, Bulkhead, Lane
from syllable.resilience.deadline import Deadline
from syllable.schemas import BatchEdit, BatchQuery, BatchStatus

SERVER = Path(__file__).resolve().parents[3] / "gunicorn.conf.py"
NOW = datetime(2025, 1, 17, 14, 0, tzinfo=UTC)
ID = "20250117.1"
EVERYTHING = BatchQuery(page=0, limit=25)
# How long calls stay under way unless released, in seconds.
HELD = 120


@pytest.fixture
def bulkhead():
    return Bulkhead()


@contextmanager
def at_once():
    """Fail if the body waits for anything that takes HELD seconds; stalls of the machine are fine."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < HELD / 2


@contextmanager
def occupied(lane, bulkhead, calls):
    """Keep so many calls of a lane under way."""
    done, under_way = threading.Event(), threading.Semaphore(0)

    def wait():
        with bulkhead.call(lane, Deadline(HELD)):
            under_way.release()
            done.wait(HELD)

    threads = [threading.Thread(target=wait) for _ in range(calls)]
    for thread in threads:
        thread.start()
        under_way.acquire()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


@pytest.fixture
def silence(client, sandbox, monkeypatch):
    """Make the API silent, and the breaker know it; nothing is retried by itself."""

    def silence():
        monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 3600)
        # Each call ends before the next one: an abandoned call could still arrive.
        sandbox.faults.add(faults.answer(500), times=None)
        for _ in range(circuit_breaker.FAILURES):
            with pytest.raises(SyllableUnavailable):
                client.list_batches(EVERYTHING)
        assert client.silent_since
        sandbox.faults.clear()
        sandbox.faults.add(faults.hang(), times=None)

    return silence


# How many


def test_the_lanes_of_the_server_leave_it_threads_for_pages_that_need_no_api():
    threads = int(re.search(r"^threads = (\d+)", SERVER.read_text(), re.MULTILINE)[1])
    assert LIMITS[Lane.PAGES].calls + LIMITS[Lane.WRITES].calls <= threads - 4


@pytest.mark.parametrize("lane", Lane)
def test_a_call_past_the_limit_is_refused_before_anything_is_sent(bulkhead, lane):
    with occupied(lane, bulkhead, LIMITS[lane].calls):
        with pytest.raises(TooBusy) as refusal, bulkhead.call(lane, Deadline(0.05)):
            pass
        assert isinstance(refusal.value, NotSent)
    with bulkhead.call(lane, Deadline(60)):
        pass


@pytest.mark.parametrize("lane", Lane)
def test_no_lane_takes_from_another(bulkhead, lane):
    with occupied(lane, bulkhead, LIMITS[lane].calls):
        for other in set(Lane) - {lane}:
            with at_once(), bulkhead.call(other, Deadline(60)):
                pass


def patient(monkeypatch, lane, seconds):
    """Let the callers of a lane wait so long, in bulkheads created from now on."""
    monkeypatch.setitem(LIMITS, lane, replace(LIMITS[lane], patience=seconds))


def test_who_may_wait_gets_the_place_that_is_left(monkeypatch):
    patient(monkeypatch, Lane.WRITES, HELD)
    bulkhead, done = Bulkhead(), []

    def come():
        with bulkhead.call(Lane.WRITES, Deadline(HELD)):
            done.append(1)

    with occupied(Lane.WRITES, bulkhead, LIMITS[Lane.WRITES].calls):
        waiting = [threading.Thread(target=come) for _ in range(LIMITS[Lane.WRITES].waiting)]
        for thread in waiting:
            thread.start()
        while bulkhead._places[Lane.WRITES]._queue._value:
            time.sleep(0.01)
        with at_once(), pytest.raises(TooBusy), bulkhead.call(Lane.WRITES, Deadline(HELD)):
            pass
        assert not done
    for thread in waiting:
        thread.join()
    assert len(done) == LIMITS[Lane.WRITES].waiting


def test_a_place_is_given_back_by_a_call_that_fails(bulkhead):
    for _ in range(2 * LIMITS[Lane.WRITES].calls):
        with pytest.raises(TimedOut), bulkhead.call(Lane.WRITES, Deadline(60)):
            raise TimedOut


def test_of_fifty_readers_a_few_wait_for_an_api_that_hangs(client_of, sandbox, monkeypatch):
    patient(monkeypatch, Lane.PAGES, 3.0)
    client, may_go, limit = client_of(sandbox.url, timeout=HELD), threading.Event(), LIMITS[Lane.PAGES]
    sandbox.before(lambda request: may_go.wait(HELD), times=None)
    refused, answered = SimpleQueue(), SimpleQueue()

    def read():
        started = time.monotonic()
        try:
            answered.put(client.list_batches(EVERYTHING))
        except TooBusy:
            refused.put(time.monotonic() - started)

    threads = [threading.Thread(target=read) for _ in range(50)]
    for thread in threads:
        thread.start()
    seconds = sorted(refused.get(timeout=HELD) for _ in range(50 - limit.calls))
    assert answered.empty()
    while len(sandbox.requests) < limit.calls:
        time.sleep(0.01)
    assert len(sandbox.requests) == limit.calls
    may_go.set()
    for thread in threads:
        thread.join()

    assert answered.qsize() == limit.calls
    assert seconds[-limit.waiting] >= limit.patience
    assert seconds[len(seconds) // 2] < limit.patience


# While the API is silent


def test_a_read_is_refused_at_once_and_told_since_when(client, sandbox, silence):
    silence()
    asked = len(sandbox.requests)

    with at_once(), pytest.raises(NotAnswering) as refusal:
        client.get_batch(ID)

    assert refusal.value.since == client.silent_since
    assert len(sandbox.requests) == asked


def test_a_write_and_its_read_are_tried_all_the_same(client, sandbox, silence, give_up_soon):
    sandbox.store.add_batch(ID, status="ACTIVE")
    silence()
    for_writing = client.within(Lane.WRITES)
    give_up_soon()
    with pytest.raises(TimedOut):
        for_writing.get_batch(ID)
    sandbox.faults.clear()

    batch = for_writing.get_batch(ID)
    pause = client.contract.write(batch, BatchEdit(status=BatchStatus.PAUSED), by="ada@example.com", now=NOW)
    assert client.send(pause, request_id="1").status == BatchStatus.PAUSED


def test_a_write_that_is_answered_tells_that_the_api_is_back(client, sandbox, silence):
    sandbox.store.add_batch(ID)
    silence()
    sandbox.faults.clear()

    client.within(Lane.WRITES).get_batch(ID)

    assert client.silent_since is None
    client.get_batch(ID)


def test_reads_go_on_by_themselves_soon_after_the_api_is_back(client, sandbox, silence, monkeypatch):
    sandbox.store.add_batch(ID)
    silence()
    sandbox.faults.clear()
    monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 0)

    for _ in range(3):
        assert client.get_batch(ID).batch_id == ID


def test_what_stands_beside_a_page_neither_tells_how_the_api_is_nor_tries(client, sandbox, silence, monkeypatch):
    sandbox.faults.add(faults.answer(500), times=None)
    aside = client.within(Lane.PARALLEL)
    for _ in range(2 * circuit_breaker.FAILURES):
        with pytest.raises(SyllableUnavailable):
            aside.list_campaigns()
    assert client.silent_since is None

    silence()
    monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 0)
    with at_once(), pytest.raises(NotAnswering):
        aside.list_campaigns()


# What watches


def test_a_watcher_goes_on_while_the_api_is_silent_and_tells_nobody_how_the_api_is(client, sandbox, silence):
    sandbox.faults.add(faults.answer(500), times=None)
    watching = client.within(Lane.WATCH)
    for _ in range(2 * circuit_breaker.FAILURES):
        with pytest.raises(SyllableUnavailable):
            watching.list_batches(EVERYTHING)
    assert client.silent_since is None

    silence()
    sandbox.faults.clear()
    asked = len(sandbox.requests)
    assert watching.list_batches(EVERYTHING).items == []
    assert len(sandbox.requests) == asked + 1
    assert client.silent_since


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_watcher_asks_once(client, sandbox, status):
    sandbox.faults.add(faults.answer(status), times=None)
    for calls, read in enumerate((lambda api: api.list_batches(EVERYTHING), lambda api: api.get_batch(ID)), start=1):
        with pytest.raises(SyllableUnavailable):
            read(client.within(Lane.WATCH))
        assert len(sandbox.requests) == calls


def test_a_watcher_hears_of_a_429_at_once_and_for_how_long(client, sandbox):
    sandbox.store.add_batch(ID)
    sandbox.faults.add(faults.answer(429, headers={"Retry-After": "3"}))
    watching = client.within(Lane.WATCH)
    with pytest.raises(RateLimited) as limited:
        watching.get_batch(ID)
    assert limited.value.retry_after == 3
    # Neither its own next look nor an operation waits for that: who watches decides.
    assert client.held_for == 0
    assert watching.get_batch(ID).batch_id == ID


@pytest.mark.parametrize(
    "fault",
    [faults.answer(401), faults.answer(404), faults.answer(422), faults.answer(429, headers={"Retry-After": "9999"})],
    ids=["401", "404", "422", "429"],
)
def test_refusals_never_silence_it(client, sandbox, fault):
    sandbox.faults.add(fault, times=None)
    for _ in range(2 * circuit_breaker.FAILURES):
        with pytest.raises(SyllableError) as refusal:
            client.get_batch(ID)
        assert not isinstance(refusal.value, NotAnswering)
    assert client.silent_since is None


@pytest.mark.parametrize(
    "fault",
    [faults.answer(500), faults.answer(503), faults.reset(), faults.html(200), faults.truncated()],
    ids=["500", "503", "reset", "not JSON", "cut off"],
)
def test_failures_of_every_kind_silence_it(client, sandbox, fault):
    sandbox.faults.add(fault, times=None)
    for _ in range(circuit_breaker.FAILURES):
        with pytest.raises(SyllableUnavailable):
            client.get_batch(ID)
    assert client.silent_since
