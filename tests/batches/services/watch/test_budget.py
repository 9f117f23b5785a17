"""How many calls the watcher makes, on a clock of the test's own."""

import pytest

from batches.services.watch.budget import LEAST_SHARE, RECOVERY_SECONDS, Budget


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def calls_until(budget, clock, end):
    """Make as many calls as the budget admits; return when they were."""
    made = []
    while clock.now + (pause := budget.pause()) < end:
        clock.now += pause
        budget.take()
        made.append(clock.now)
    clock.now = end
    return made


@pytest.mark.parametrize("per_minute", [1, 2, 7, 120, 5000])
def test_no_minute_has_more_calls_than_allowed(clock, per_minute):
    budget = Budget(per_minute, clock)
    made = calls_until(budget, clock, clock.now + 600)
    assert all(sum(at <= other < at + 60 for other in made) <= per_minute for at in made[:: max(1, len(made) // 200)])
    assert len(made) >= per_minute * 4


def test_a_429_halves_the_pace_and_it_creeps_back(clock):
    budget = Budget(120, clock)
    usual = len(calls_until(budget, clock, clock.now + 300)) / 300
    assert budget.refused(30) == 30
    assert not calls_until(budget, clock, clock.now + 29)
    after = len(calls_until(budget, clock, clock.now + 60)) / 60
    assert 0.4 * usual < after < 0.75 * usual
    clock.now += RECOVERY_SECONDS
    calls_until(budget, clock, clock.now + 60)
    assert len(calls_until(budget, clock, clock.now + 60)) / 60 == pytest.approx(usual, rel=0.05)


def test_many_429s_leave_a_little(clock):
    budget = Budget(120, clock)
    for _ in range(50):
        budget.refused(None)
    clock.now += 5
    made = calls_until(budget, clock, clock.now + 120)
    assert 1 <= len(made) <= 120 * LEAST_SHARE * 8


def test_a_wait_of_hours_is_not_obeyed_to_the_end(clock):
    assert Budget(120, clock).refused(86400) <= 600
