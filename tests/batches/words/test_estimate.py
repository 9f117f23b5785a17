"""How pages say how far requests are, and what is left."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches.words.estimate import progress_text, time_left_text, unreached_text


def left(first, last=None):
    # A little more, so that none of it has passed when it is read.
    now, more = timezone.now(), timedelta(seconds=9)
    return time_left_text(now + timedelta(**first) + more, now + timedelta(**(last or first)) + more, now)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ((162, 128, 18), "128 of 162 · 14 % failed"),
        ((1_200, 1_000, 0), "1,000 of 1,200"),
        ((1_200, 1_000, None), "1,000 of 1,200"),
        ((5_000, 4_000, 1), "4,000 of 5,000 · under 1 % failed"),
        ((5_000, 4_000, 3_000), "4,000 of 5,000 · 75 % failed"),
        ((5, 5, 5), "5 of 5 · 100 % failed"),
        ((0, 0, 0), "0 of 0"),
        ((162, None, None), ""),
        ((None, 3, 1), ""),
    ],
)
def test_how_far(counts, text):
    assert progress_text(*counts) == text


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ({"minutes": 40}, None, "about 40 min left"),
        ({"minutes": 25}, {"minutes": 35}, "about 25 to 35 min left"),
        ({"minutes": 80}, {"hours": 3}, "about 80 min to 3 h left"),
        ({"hours": 3}, {"hours": 3, "minutes": 5}, "about 3 h left"),
        ({"days": 2}, {"days": 3}, "about 2 to 3 d left"),
        ({"seconds": 10}, None, "under a minute left"),
        ({"minutes": -5}, {"minutes": 2}, "up to 2 min left"),
        ({"minutes": -5}, {"minutes": -1}, ""),
    ],
)
def test_the_time_left(first, last, text):
    assert left(first, last) == text


def test_an_end_that_nobody_knows_is_not_told():
    now = timezone.now()
    assert time_left_text(None, now, now) == ""
    assert time_left_text(now, None, now) == ""


@pytest.mark.parametrize(
    ("least", "most", "text"),
    [
        (30, 30, "About 30 people will not be reached before the expiry."),
        (20, 40, "About 20 to 40 people will not be reached before the expiry."),
        (None, 40, "Up to 40 people may not be reached before the expiry."),
        (1, 1, "About 1 person will not be reached before the expiry."),
        (0, 0, ""),
        (None, None, ""),
    ],
)
def test_whom_the_expiry_leaves_out(least, most, text):
    assert unreached_text(least, most) == text
