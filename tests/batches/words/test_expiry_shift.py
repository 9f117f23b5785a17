"""How far a review says that an expiry moves."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from batches.rules import Step
from batches.words.expiry_shift import expiry_shift

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("2026-12-02T03:13:00Z", "2026-12-02T11:59:50Z", "8 h 47 min later than now set, in 24 h"),
        ("2026-12-02T12:00:00Z", "2026-12-01T13:00:00Z", "23 h earlier than now set, in 1 h"),
        ("2026-12-02T12:00:00+02:00", "2026-12-09T10:00:00Z", "7 d later than now set, in 8 d"),
        ("2026-12-02T12:00:00Z", "2026-12-04T13:30:00Z", "2 d 2 h later than now set, in 3 d"),
        ("2026-12-02T12:00:00Z", "2026-12-02T12:00:20Z", "less than a minute later than now set, in 24 h"),
        (None, "2026-12-02T11:59:50Z", "in 24 h"),
        (None, "2026-12-03T09:00:00Z", "in 45 h"),
        (None, "2026-12-01T12:30:00Z", "in 30 min"),
        ("soon", "2026-12-02T11:59:50Z", "in 24 h"),
        ("2026-12-02T12:00:00Z", None, ""),
    ],
)
def test_it_says_how_far_and_when(monkeypatch, before, after, words):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    assert expiry_shift(Step("expires_on", before, after)) == words


def test_other_fields_have_no_distance():
    assert expiry_shift(Step("status", "ACTIVE", "PAUSED")) == ""
