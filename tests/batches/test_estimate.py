"""When a batch will be done."""

import random
import statistics
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.calling_hours import CallingHours
from batches.estimate import Estimate, NoEstimate, Sample, estimate, poisson_range
from sandbox.life import advance
from sandbox.store import Store
from syllable.schemas import Campaign

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UTC_ZONE = ZoneInfo("UTC")


def hours(start="09:00:00", end="17:00:00", **fields):
    campaign = Campaign.read({"id": 1, "daily_start_time": start, "daily_end_time": end, **fields})
    return CallingHours.of(campaign, UTC_ZONE)


ALWAYS = hours("00:00:00", "23:59:59")


def steady(pace, *, left, under_way=0, minutes=10, until=NOON, ended=0, failed=0, every=0.5):
    """Return samples of a batch with an even pace a minute; `left` and `ended` are as of the newest."""
    steps = round(minutes / every)
    return [
        Sample(
            until - back * every * MINUTE,
            pending=left - under_way + round(pace * back * every),
            under_way=under_way,
            ended=ended + round(pace * (steps - back) * every),
            failed=failed,
        )
        for back in range(steps, -1, -1)
    ]


def minutes_left(found, now=NOON):
    return (found.ends_from - now) / MINUTE, (found.ends_until - now) / MINUTE


def test_what_is_left_is_divided_by_the_pace():
    found = estimate(steady(60, left=500, under_way=60), now=NOON, hours=ALWAYS)
    assert found.pace == 60
    assert minutes_left(found) == pytest.approx((500 / 60, 500 / 60))
    assert not found.is_uncertain
    assert found.cause is None


def test_requests_under_way_count_as_left():
    found = estimate(steady(60, left=60, under_way=60), now=NOON, hours=ALWAYS)
    assert minutes_left(found) == pytest.approx((1, 1))


def test_of_few_requests_the_end_is_a_range():
    found = estimate(steady(2, left=60, minutes=5), now=NOON, hours=ALWAYS)
    earliest, latest = minutes_left(found)
    assert found.is_uncertain
    assert 18 < earliest < 25
    assert 35 < latest < 55


def test_many_requests_tell_the_pace_within_seconds():
    found = estimate(steady(1200, left=500, every=0.1)[-2:], now=NOON, hours=ALWAYS)
    assert found.pace == pytest.approx(1200)
    assert minutes_left(found) == pytest.approx((500 / 1200, 500 / 1200))


def test_where_little_was_seen_the_pace_is_that_of_a_longer_time():
    newest = steady(0.2, left=20, minutes=60)
    assert estimate(newest, now=NOON, hours=ALWAYS).pace == pytest.approx(0.2, abs=0.02)


def test_a_pace_that_has_slowed_is_not_made_better_by_the_time_before():
    fast = steady(60, left=220, minutes=10, until=NOON - 6 * MINUTE)
    ended = fast[-1].ended
    slow = [Sample(NOON - back * MINUTE, 200 + 2 * back, 0, ended + 20 - 2 * back, 0) for back in range(5, -1, -1)]
    assert estimate([*fast, *slow], now=NOON, hours=ALWAYS).pace == pytest.approx(2)


def test_a_batch_that_stands_still_has_no_estimate_although_it_was_fast():
    fast = steady(60, left=220, minutes=10, until=NOON - 6 * MINUTE)
    still = [replace(fast[-1], at=NOON - back * MINUTE) for back in range(5, -1, -1)]
    assert estimate([*fast, *still], now=NOON, hours=ALWAYS).cause is NoEstimate.NO_PROGRESS


def test_a_pause_does_not_slow_the_pace():
    before = steady(60, left=600, minutes=30, until=NOON - timedelta(hours=2))
    ended = before[-1].ended
    after = [
        Sample(NOON - back * MINUTE / 2, 480 + 30 * back, 0, ended + 120 - 30 * back, 0) for back in range(4, -1, -1)
    ]
    assert estimate([*before, *after], now=NOON, hours=ALWAYS).pace == pytest.approx(60)


def test_rare_samples_give_a_pace_too():
    samples = steady(10, left=300, minutes=60, every=20)
    found = estimate(samples, now=NOON + 5 * MINUTE, hours=ALWAYS)
    assert found.pace == pytest.approx(10)
    assert minutes_left(found, NOON) == pytest.approx((30, 30))


def test_while_a_batch_starts_the_requests_that_began_tell_its_pace():
    begun = [
        Sample(NOON - 2 * MINUTE, 500, 0, 0, 0),
        Sample(NOON - MINUTE, 440, 60, 0, 0),
        Sample(NOON, 380, 65, 55, 0),
    ]
    earliest, latest = minutes_left(estimate(begun, now=NOON, hours=ALWAYS))
    assert earliest == latest == pytest.approx(445 / 60)


def test_before_the_first_request_has_ended_nothing_is_told():
    begun = [Sample(NOON - MINUTE, 500, 0, 0, 0), Sample(NOON, 440, 60, 0, 0)]
    assert estimate(begun, now=NOON, hours=ALWAYS) == Estimate(0.0, cause=NoEstimate.NO_SAMPLES, knows_hours=True)


@pytest.mark.parametrize("hours", [None, ALWAYS])
def test_no_pace_is_too_fast(hours):
    """Whatever numbers a broken API gives, as large as a database holds."""
    samples = [Sample(NOON - MINUTE, 2**31 - 1, 0, 0, 0), Sample(NOON, 5, 0, 2**31 - 1, 0)]
    assert minutes_left(estimate(samples, now=NOON, hours=hours)) == pytest.approx((0, 0), abs=0.001)


def test_closed_hours_lie_in_between():
    samples = steady(60, left=1200, until=NOON + timedelta(hours=4, minutes=50))
    found = estimate(samples, now=samples[-1].at, hours=hours())
    # 600 requests until 17:00, and the others from 09:00.
    assert found.ends_from == found.ends_until == datetime(2026, 12, 2, 9, 10, tzinfo=UTC)


def test_a_batch_outside_its_hours_ends_with_the_pace_that_it_had_within():
    samples = steady(60, left=600, until=datetime(2026, 12, 1, 17, tzinfo=UTC))
    found = estimate(samples, now=datetime(2026, 12, 1, 23, tzinfo=UTC), hours=hours())
    assert found.ends_from == found.ends_until == datetime(2026, 12, 2, 9, 10, tzinfo=UTC)


def test_outside_the_hours_nothing_is_told_of_a_batch_that_has_never_begun():
    night = datetime(2026, 12, 1, 23, tzinfo=UTC)
    samples = [Sample(night - back * MINUTE, 600, 0, 0, 0) for back in range(5, -1, -1)]
    assert estimate(samples, now=night, hours=hours()).cause is NoEstimate.CLOSED


def test_nobody_is_reached_by_a_batch_that_expires_before_the_hours_open():
    night = datetime(2026, 12, 1, 23, tzinfo=UTC)
    rest = [Sample(night, 66, 0, 44, 8)]
    before, after = night + timedelta(hours=9), night + timedelta(hours=11)
    assert estimate(rest, now=night, hours=hours(), expires_at=before).unreached == (66, 66)
    assert estimate(rest, now=night, hours=hours(), expires_at=after).unreached is None
    assert estimate(rest, now=night, hours=None, expires_at=before).unreached is None
    done = [Sample(night, 0, 0, 110, 8)]
    assert estimate(done, now=night, hours=hours(), expires_at=before).unreached is None


def test_hours_that_are_not_known_make_an_estimate_uncertain():
    found = estimate(steady(60, left=500), now=NOON, hours=None)
    assert minutes_left(found) == pytest.approx((500 / 60, 500 / 60))
    assert found.is_uncertain
    assert not found.knows_hours


def test_a_daily_maximum_puts_the_rest_off_to_the_next_day():
    capped = hours(max_daily_calls=1000)
    samples = steady(60, left=600, minutes=10)
    # The batch itself has reached 600 people today.
    found = estimate(samples, now=NOON, hours=capped)
    assert found.ends_from == found.ends_until == datetime(2026, 12, 2, 9, 3, 20, tzinfo=UTC)
    assert found.is_uncertain
    all_of_it = estimate(samples, now=NOON, hours=capped, reached_today=1000)
    assert all_of_it.ends_from == datetime(2026, 12, 2, 9, 10, tzinfo=UTC)


def test_days_with_a_maximum_of_0_are_closed():
    holiday = hours(outreach_override_rules={"dates": {"2026-12-02": {"max_daily_calls": 0}}})
    samples = steady(60, left=600, until=datetime(2026, 12, 1, 17, tzinfo=UTC))
    found = estimate(samples, now=samples[-1].at, hours=holiday)
    assert found.ends_from.date() == date(2026, 12, 3)


def test_people_whom_the_pace_does_not_reach_before_the_expiry_are_counted():
    found = estimate(steady(60, left=500, under_way=60), now=NOON, hours=ALWAYS, expires_at=NOON + 5 * MINUTE)
    assert found.unreached == (140, 140)


def test_of_few_requests_the_people_who_are_not_reached_are_a_range():
    found = estimate(steady(2, left=60, minutes=5), now=NOON, hours=ALWAYS, expires_at=NOON + 25 * MINUTE)
    least, most = found.unreached
    assert least < 10 < most < 30


@pytest.mark.parametrize("expires_at", [None, NOON + 9 * MINUTE, NOON + timedelta(days=4000)])
def test_everybody_is_reached_without_an_expiry_or_before_it(expires_at):
    assert estimate(steady(60, left=500), now=NOON, hours=ALWAYS, expires_at=expires_at).unreached is None


def test_an_expiry_that_has_passed_reaches_nobody():
    assert estimate(steady(60, left=500), now=NOON, hours=ALWAYS, expires_at=NOON - MINUTE).unreached == (500, 500)


def test_closed_hours_before_the_expiry_reach_nobody():
    samples = steady(60, left=900, until=NOON + timedelta(hours=4, minutes=50))
    found = estimate(samples, now=samples[-1].at, hours=hours(), expires_at=datetime(2026, 12, 2, 9, 2, tzinfo=UTC))
    assert found.unreached == (180, 180)


def test_an_end_that_is_more_than_a_month_away_has_no_latest_moment():
    found = estimate(steady(1, left=1_000_000, minutes=200), now=NOON, hours=ALWAYS)
    assert found.ends_from == NOON + timedelta(days=31)
    assert found.ends_until is None


@pytest.mark.parametrize(
    ("samples", "fields", "cause"),
    [
        ([], {}, NoEstimate.NO_SAMPLES),
        ([], {"is_paused": True}, NoEstimate.PAUSED),
        (steady(60, left=500)[-1:], {}, NoEstimate.NO_SAMPLES),
        (steady(50, left=500)[-2:], {}, NoEstimate.NO_SAMPLES),
        (steady(6000, left=500, every=0.05)[-2:], {}, NoEstimate.NO_SAMPLES),
        (steady(60, left=500, until=NOON - 20 * MINUTE), {}, NoEstimate.NO_SAMPLES),
        (steady(60, left=500), {"is_paused": True}, NoEstimate.PAUSED),
        (steady(60, left=0), {"is_paused": True}, NoEstimate.DONE),
        (steady(0, left=500), {}, NoEstimate.NO_PROGRESS),
        # Requests that were added leave a pace that nobody can tell.
        ([Sample(NOON - 2 * MINUTE, 10, 0, 90, 0), Sample(NOON, 500, 0, 90, 0)], {}, NoEstimate.NO_PROGRESS),
    ],
)
def test_where_nothing_can_be_told_the_cause_is(samples, fields, cause):
    found = estimate(samples, now=NOON, hours=ALWAYS, **fields)
    assert found.cause is cause
    assert found.ends_from is found.ends_until is found.unreached is None


def test_the_share_that_failed_is_one_of_the_requests_that_ended():
    assert estimate([Sample(NOON, 10, 0, 50, 7)], now=NOON).share_failed == pytest.approx(0.14)
    assert estimate([Sample(NOON, 10, 0, 0, 0)], now=NOON).share_failed is None


@pytest.mark.parametrize(
    ("seen", "exact"), [(0, (0, 2.303)), (1, (0.105, 3.89)), (5, (2.43, 9.27)), (30, (23.2, 38.3))]
)
def test_the_range_of_a_number_is_the_exact_one_but_for_little(seen, exact):
    """The exact bounds are those of chi-square, from a table."""
    assert poisson_range(seen) == pytest.approx(exact, abs=0.12)


@given(st.integers(0, 2**31), st.floats(0.3, 20), st.integers(20, 400))
def test_the_end_lies_within_its_range_more_often_than_not_and_the_range_is_in_order(seed, pace, left):
    chance = random.Random(seed)
    samples, ended = [], 0
    for step in range(60):
        samples.append(Sample(NOON + step * MINUTE / 2, left + 1000 - ended, 0, ended, 0))
        ended += sum(chance.random() < pace / 100 for _ in range(50))
    now = samples[-1].at
    found = estimate(samples, now=now, hours=ALWAYS)
    if found.cause is None:
        assert now <= found.ends_from
        assert found.ends_until is None or found.ends_from <= found.ends_until
        assert found.pace > 0


def test_eight_of_ten_ends_lie_within_their_ranges():
    chance, within, runs = random.Random(7), 0, 400
    for _ in range(runs):
        pace, left = chance.uniform(0.5, 5), 200
        counts = [sum(chance.random() < pace / 120 for _ in range(60)) for _ in range(30)]
        ended = [sum(counts[:step]) for step in range(31)]
        samples = [
            Sample(NOON + step * MINUTE / 2, left + ended[-1] - done, 0, done, 0) for step, done in enumerate(ended)
        ]
        found = estimate(samples, now=samples[-1].at, hours=ALWAYS)
        earliest, latest = minutes_left(found, samples[-1].at) if found.ends_until else (0, 10**6)
        within += earliest - 1 <= left / pace <= latest + 1
    assert within / runs > 0.75


def sandbox_run(name, *, people=600, start=NOON, most=None):
    """Run a batch of the sandbox to its end; returns its samples, one each half minute, and when it was done."""
    store = Store(":memory:")
    more = {"max_daily_calls": most}
    store.add_campaign(rate=60, daily_start_time="09:00:00", daily_end_time="17:00:00", more=more)
    store.add_batch(name, status="ACTIVE", requests=people)
    samples, now = [], start
    while True:
        counts = store.status_counts(name)
        under_way = counts.get("INITIATED", 0) + counts.get("CONNECTED", 0)
        failed = counts.get("FAILED", 0)
        sample = Sample(now, counts.get("PENDING", 0), under_way, counts.get("COMPLETED", 0) + failed, failed)
        if not sample.pending + sample.under_way:
            store.close()
            return samples, now
        if (now - start) % (MINUTE / 2) == timedelta():
            samples.append(sample)
        step = timedelta(seconds=5) if 9 <= now.hour < 17 else 5 * MINUTE
        now += step
        advance(store, now, step.total_seconds())


def errors(runs, *, left=500, known=None, **fields):
    """Return by how much of the time that was left the middle of each estimate is wrong, at `left` people."""
    found = []
    for samples, done in runs:
        seen = next(number for number, sample in enumerate(samples) if sample.pending + sample.under_way <= left) + 1
        now = samples[seen - 1].at
        told = estimate(samples[:seen], now=now, hours=known, **fields)
        middle = told.ends_from + (told.ends_until - told.ends_from) / 2
        found.append(abs((middle - done) / (done - now)))
    return found


def test_the_time_left_of_a_batch_of_the_sandbox_is_right():
    runs = [sandbox_run(f"batch-{number}") for number in range(4)]
    for left in (500, 300, 100):
        assert statistics.median(errors(runs, left=left, known=hours())) <= 0.2


def test_it_is_right_from_the_first_minutes_on():
    runs = [sandbox_run(f"batch-{number}", people=550) for number in range(3)]
    assert statistics.median(errors(runs, left=500, known=hours())) <= 0.2


def test_it_is_right_where_the_hours_close_in_between():
    samples, done = sandbox_run("evening", start=datetime(2026, 12, 1, 16, 55, tzinfo=UTC))
    assert done.date() == date(2026, 12, 2)
    assert errors([(samples, done)], left=500, known=hours()) <= [0.02]


def test_it_is_right_where_a_daily_maximum_puts_the_rest_off():
    samples, done = sandbox_run("capped", most=450, start=datetime(2026, 12, 1, 16, 50, tzinfo=UTC))
    assert done.date() == date(2026, 12, 2)
    assert errors([(samples, done)], left=400, known=hours(max_daily_calls=450)) <= [0.02]


def simulated(seed, *, retries, is_pending_again):
    """Simulate a batch that calls 800 people, 60 a minute at random moments, and tries three of ten again.

    Those who wait for another try count as pending, or else as failed. Returns its samples and when it was done.
    """
    chance, now = random.Random(seed), NOON
    queue, tries, waiting, calls, samples = list(range(800)), Counter(), [], [], []
    while queue or waiting or calls:
        if (now - NOON) % (MINUTE / 2) == timedelta():
            pending = len(queue) + (len(waiting) if is_pending_again else 0)
            samples.append(Sample(now, pending, len(calls), 800 - pending - len(calls), 0))
        now += timedelta(seconds=1)
        queue += [person for at, person in waiting if at <= now]
        waiting = [(at, person) for at, person in waiting if at > now]
        for _, person in [call for call in calls if call[0] <= now]:
            if chance.random() < 0.3 and tries[person] <= retries:
                waiting.append((now + MINUTE, person))
        calls = [(at, person) for at, person in calls if at > now]
        if queue and chance.random() < 0.95:
            person = queue.pop(0)
            tries[person] += 1
            calls.append((now + MINUTE * chance.uniform(0.2, 1.5), person))
    return samples, now


@pytest.mark.parametrize("is_pending_again", [True, False])
@pytest.mark.parametrize("retries", [0, 2])
def test_it_is_right_where_people_are_tried_again(retries, is_pending_again):
    runs = [simulated(seed, retries=retries, is_pending_again=is_pending_again) for seed in range(20)]
    assert statistics.median(errors(runs, left=500, known=ALWAYS)) <= 0.2
