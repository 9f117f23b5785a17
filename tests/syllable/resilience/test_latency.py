"""How long the calls of operations take, and which hang."""

import threading
from contextlib import ExitStack, suppress

import pytest

from syllable.errors import NotFound, SyllableUnavailable, TimedOut
from syllable.resilience.latency import FIRST_GUESS, Latency


class Clock:
    """A clock that only tests move."""

    now = 1000.0

    def __call__(self):
        return self.now


pytestmark = pytest.mark.usefixtures("short_tries")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def latency(clock):
    return Latency(clock)


def call(latency, clock, seconds, *, is_write=False, error=None):
    """Make one call that takes so long and ends like this."""
    with suppress(SyllableUnavailable, NotFound), latency.measured(is_write=is_write):
        clock.now += seconds
        if error:
            raise error


def test_nothing_is_known_before_the_first_answer(latency):
    assert latency.usual == FIRST_GUESS
    assert not latency.calling
    assert not latency.hanging


def test_what_is_usual_is_what_most_answers_take(latency, clock):
    for seconds in (0.1, 0.1, 0.1, 8.0, 0.1):
        call(latency, clock, seconds)
    assert latency.usual == pytest.approx(0.1)


def test_the_slower_of_reads_and_writes_counts(latency, clock):
    call(latency, clock, 0.1)
    assert latency.usual == pytest.approx(0.1)
    call(latency, clock, 0.6, is_write=True)
    assert latency.usual == pytest.approx(0.6)


def test_an_api_that_becomes_slow_is_soon_known_to_be(latency, clock):
    for seconds in [0.1] * 100 + [3.0] * 11:
        call(latency, clock, seconds)
    assert latency.usual == pytest.approx(3.0)


def test_what_was_not_answered_says_nothing(latency, clock):
    call(latency, clock, 0.3, error=NotFound())
    for error in (TimedOut(), SyllableUnavailable(status_code=503)):
        for _ in range(30):
            call(latency, clock, 0.01, error=error)
    assert latency.usual == pytest.approx(0.3)


@pytest.mark.parametrize("is_write", [False, True])
def test_a_call_hangs_when_it_takes_much_longer_than_is_usual(latency, clock, is_write):
    for _ in range(5):
        call(latency, clock, 0.2, is_write=is_write)
    with latency.measured(is_write=is_write):
        clock.now += 0.3
        assert latency.calling == {threading.get_ident()}
        assert not latency.hanging
        clock.now += 0.2
        assert latency.hanging == {threading.get_ident()}
    assert not latency.calling
    assert not latency.hanging


def test_a_fast_api_is_given_the_time_that_a_busy_machine_needs(latency, clock):
    call(latency, clock, 0.001)
    with latency.measured(is_write=False):
        clock.now += 0.09
        assert not latency.hanging


def test_each_thread_has_a_call_of_its_own(latency):
    inside, may_go = threading.Barrier(5), threading.Event()

    def wait():
        with latency.measured(is_write=True):
            inside.wait(10)
            may_go.wait(10)

    threads = [threading.Thread(target=wait) for _ in range(4)]
    with ExitStack() as stack:
        stack.callback(lambda: [thread.join() for thread in threads])
        stack.callback(may_go.set)
        for thread in threads:
            thread.start()
        inside.wait(10)
        assert latency.calling == {thread.ident for thread in threads}
