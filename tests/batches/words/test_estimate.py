"""How pages say how far requests are, and what is left."""

from datetime import UTC, datetime, timedelta

import pytest

from batches.words.estimate import progress_text, time_left_text, unreached_text

NOW = datetime(2026, 12, 1, 14, 2, 5, tzinfo=UTC)


def left(first, last=None):
    return time_left_text(NOW + timedelta(**first), NOW + timedelta(**(last or first)), NOW)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ((162, 128, 18), "128 of 162 · 14 % failed"),
        ((1_200, 1_000, 0), "1,000 of 1,200"),
        ((1_200, 1_000, None), "1,000 of 1,200"),
        ((5_000, 4_000, 1), "4,000 of 5,000 · 1 % failed"),
        ((5_000, 4_000, 3_999), "4,000 of 5,000 · 99 % failed"),
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
        ({"minutes": 27}, {"minutes": 37}, "27 to 37 min left"),
        ({"minutes": 90}, {"hours": 3}, "90 min to 3 h left"),
        ({"hours": 3}, {"hours": 3, "minutes": 5}, "about 3 h left"),
        ({"days": 2}, {"days": 3}, "2 to 3 d left"),
        ({"seconds": 10}, None, "under a minute left"),
        ({"minutes": -5}, {"minutes": 2}, "0 to 2 min left"),
        ({"minutes": -5}, {"minutes": -1}, ""),
    ],
)
def test_the_time_left(first, last, text):
    assert left(first, last) == text


def test_an_end_that_nobody_knows_is_not_told():
    assert time_left_text(None, NOW, NOW) == ""
    assert time_left_text(NOW, None, NOW) == ""


@pytest.mark.parametrize(
    ("least", "most", "text"),
    [
        (30, 30, "Expires first: about 30 people will not be reached."),
        (20, 40, "Expires first: 20\N{EN DASH}40 people will not be reached."),
        (None, 40, "Expires first: 0\N{EN DASH}40 people will not be reached."),
        (1, 1, "Expires first: 1 person will not be reached."),
        (0, 0, ""),
        (None, None, ""),
    ],
)
def test_whom_the_expiry_leaves_out(least, most, text):
    assert unreached_text(least, most) == text
