"""How far a batch is, and when it will be done, in words."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from batches.estimate import Estimate, NoEstimate
from batches.words.time_left import ends_about, not_reached, pace_words, progress_line, time_left

NOW = datetime(2026, 12, 1, 14, 2, 11, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    with timezone.override("UTC"):
        yield


def ends(earliest, latest=0):
    """Return an estimate with an end in so many minutes; `latest` of None leaves its end open."""
    last = None if latest is None else NOW + timedelta(minutes=latest or earliest)
    return Estimate(ends_from=NOW + timedelta(minutes=earliest), ends_until=last)


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (ends(0), "under a minute left"),
        (ends(0.5), "under a minute left"),
        (ends(1.2), "about 1 min left"),
        (ends(4), "about 4 min left"),
        (ends(9.7), "about 10 min left"),
        (ends(38), "about 40 min left"),
        (ends(84), "about 85 min left"),
        (ends(100), "about 2 h left"),
        (ends(60 * 47), "about 47 h left"),
        (ends(60 * 24 * 3), "about 3 d left"),
        (ends(31, 48), "about 30 to 50 min left"),
        (ends(40, 130), "about 40 min to 2 h left"),
        (ends(39, 41), "about 40 min left"),
        (ends(0.5, 3), "up to 3 min left"),
        (ends(-2, -1), "under a minute left"),
        (ends(180, None), "more than 3 h left"),
        (ends(60 * 24 * 31, None), "more than a month left"),
        (Estimate(cause=NoEstimate.DONE), "done"),
        (Estimate(cause=NoEstimate.PAUSED), "paused"),
        (Estimate(cause=NoEstimate.CLOSED), "outside contact hours"),
        (Estimate(cause=NoEstimate.NO_PROGRESS), "no progress"),
        (Estimate(cause=NoEstimate.NO_SAMPLES), "time left not known"),
    ],
)
def test_the_time_left_is_as_exact_as_it_is_known(estimate, said):
    assert time_left(estimate) == said


def test_every_cause_has_its_words():
    assert all(time_left(Estimate(cause=cause)) for cause in NoEstimate)


def test_a_line_says_how_far_a_batch_is():
    counts = SimpleNamespace(pending=30, under_way=4, ended=1128)
    estimate = Estimate(
        ends_from=NOW + timedelta(minutes=40), ends_until=NOW + timedelta(minutes=40), share_failed=0.14
    )
    assert progress_line(counts, estimate) == "1,128 of 1,162 · 14 % failed · about 40 min left"


@pytest.mark.parametrize(
    ("share", "said"), [(None, ""), (0.0, ""), (0.001, "under 1 % failed · "), (1.0, "100 % failed · ")]
)
def test_no_failures_are_not_mentioned(share, said):
    counts = SimpleNamespace(pending=10, under_way=0, ended=90)
    estimate = Estimate(cause=NoEstimate.NO_PROGRESS, share_failed=share)
    assert progress_line(counts, estimate) == f"90 of 100 · {said}no progress"


@pytest.mark.parametrize(
    ("estimate", "said"),
    [
        (ends(38), "ends about 14:45"),
        (ends(31, 48), "ends between 14:35 and 14:55"),
        (ends(60 * 24), "ends about 2026-12-02 14:05"),
        (ends(31, None), ""),
        (Estimate(cause=NoEstimate.PAUSED), ""),
    ],
)
def test_the_end_is_a_time_of_the_reader(estimate, said):
    assert ends_about(estimate) == said


@pytest.mark.parametrize(
    ("pace", "said"),
    [(None, ""), (0.0, "0 a minute"), (59.6, "60 a minute"), (2.25, "2.2 a minute"), (0.5, "30 an hour")],
)
def test_the_pace_is_that_of_a_minute_or_of_an_hour(pace, said):
    assert pace_words(Estimate(pace=pace)) == said


@pytest.mark.parametrize(
    ("unreached", "said"),
    [
        (None, ""),
        ((30, 30), "About 30 people will not be reached before the expiry."),
        ((1, 1), "About 1 person will not be reached before the expiry."),
        ((20, 44), "About 20 to 44 people will not be reached before the expiry."),
        ((1234, 1287), "About 1,200 to 1,300 people will not be reached before the expiry."),
        ((0, 12), "Up to 12 people may not be reached before the expiry."),
    ],
)
def test_people_who_are_not_reached_are_counted_as_exactly_as_they_are_known(unreached, said):
    assert not_reached(Estimate(unreached=unreached)) == said
