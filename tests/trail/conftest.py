"""The clock of the sealer, which tests put back instead of waiting."""

from datetime import timedelta

import pytest

from common.clock import from_now
from trail import retention, sealer


@pytest.fixture
def days_ago(monkeypatch):
    """Call this to make what is sealed from then on so many days old."""

    def days_ago(days):
        monkeypatch.setattr(sealer, "Now", lambda: from_now(-timedelta(days=days)))

    return days_ago


@pytest.fixture
def _any_time(monkeypatch):
    """Let removals follow each other without a day in between."""
    monkeypatch.setattr(retention, "BETWEEN", timedelta(0))
