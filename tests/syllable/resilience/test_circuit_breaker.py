"""When the API counts as not answering, and how that ends."""

import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from syllable.errors import (
    Invalid,
    KeyRefused,
    NotAnswering,
    NotFound,
    NotSent,
    RateLimited,
    SyllableError,
    SyllableUnavailable,
    TimedOut,
    UnreadableAnswer,
)
from syllable.resilience.circuit_breaker import FAILURES, PAUSE_SECONDS, CircuitBreaker


class Clock:
    """A clock that only tests move."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return CircuitBreaker(clock)


def call(breaker, outcome=None):
    """Make one call that passes the breaker and ends like this."""
    breaker.admit(may_try=True)
    with suppress(SyllableError), breaker.judging():
        if outcome is not None:
            raise outcome


def fail(breaker, times=FAILURES):
    for _ in range(times):
        call(breaker, TimedOut())


@pytest.mark.parametrize(
    "failure", [TimedOut(), NotSent(), UnreadableAnswer(), SyllableUnavailable(status_code=503)], ids=repr
)
def test_it_opens_after_failures_in_a_row(breaker, failure):
    for _ in range(FAILURES - 1):
        call(breaker, failure)
    assert breaker.since is None
    call(breaker, failure)

    with pytest.raises(NotAnswering) as refusal:
        breaker.admit(may_try=True)
    assert refusal.value.since == breaker.since
    assert isinstance(refusal.value, NotSent)


@pytest.mark.parametrize("answer", [None, NotFound(), KeyRefused(), Invalid(), RateLimited()], ids=repr)
def test_an_answer_of_any_kind_is_no_failure(breaker, answer):
    for _ in range(5):
        fail(breaker, FAILURES - 1)
        call(breaker, answer)
    assert breaker.since is None


def test_it_is_open_since_the_first_of_the_failures_began(breaker, clock):
    for _ in range(FAILURES):
        breaker.admit(may_try=True)
        with suppress(TimedOut), breaker.judging():
            clock.now += 10
            raise TimedOut

    assert abs(datetime.now(UTC) - timedelta(seconds=10) - breaker.since) < timedelta(seconds=2)
    clock.now += 60
    fail(breaker, 1)
    assert abs(datetime.now(UTC) - timedelta(seconds=10) - breaker.since) < timedelta(seconds=2)


def test_a_failure_learns_since_when_there_are_failures(breaker):
    fail(breaker, FAILURES - 1)
    last = TimedOut()
    call(breaker, last)
    assert last.since == breaker.since is not None


def test_one_call_may_try_after_a_pause_and_its_answer_closes_it(breaker, clock):
    fail(breaker)
    clock.now += PAUSE_SECONDS

    breaker.admit(may_try=True)
    with pytest.raises(NotAnswering):
        breaker.admit(may_try=True)
    with breaker.judging():
        pass

    assert breaker.since is None
    breaker.admit(may_try=True)


def test_it_stays_open_while_those_who_try_fail(breaker, clock):
    fail(breaker)
    for _ in range(3):
        clock.now += PAUSE_SECONDS
        fail(breaker, 1)
        with pytest.raises(NotAnswering):
            breaker.admit(may_try=True)


def test_a_try_that_never_ends_does_not_keep_others_from_trying(breaker, clock):
    fail(breaker)
    clock.now += PAUSE_SECONDS
    breaker.admit(may_try=True)
    clock.now += PAUSE_SECONDS
    breaker.admit(may_try=True)


def test_what_is_not_worth_a_try_waits_for_those_that_are(breaker, clock):
    fail(breaker)
    clock.now += 60
    with pytest.raises(NotAnswering):
        breaker.admit(may_try=False)
    breaker.admit(may_try=True)


def test_calls_that_began_before_the_last_answer_say_nothing_about_now(breaker, clock):
    waiting = [breaker.judging() for _ in range(5)]
    for each in waiting:
        each.__enter__()
    clock.now += 1
    call(breaker)

    for each in waiting:
        assert each.__exit__(TimedOut, TimedOut(), None) is False

    assert breaker.since is None


def test_many_threads_let_one_try(breaker, clock):
    fail(breaker)
    clock.now += PAUSE_SECONDS
    admitted, start = [], threading.Barrier(16)

    def come():
        start.wait()
        with suppress(NotAnswering):
            breaker.admit(may_try=True)
            admitted.append(1)

    threads = [threading.Thread(target=come) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == 1


def test_a_failure_knows_whether_others_were_answered_meanwhile(breaker, clock):
    def fails(*, answered_after):
        failure = TimedOut()
        with suppress(TimedOut), breaker.judging():
            clock.now += answered_after
            call(breaker)
            clock.now += 10 - answered_after
            raise failure
        return failure

    assert fails(answered_after=9).answers_others
    # The API may have fallen silent just then.
    assert not fails(answered_after=1).answers_others
