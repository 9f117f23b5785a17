"""Samples of the requests of active batches, the totals of campaigns, and what becomes of them with time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from batches.models import CampaignSample, CampaignSighting, PlatformEvent, Sample, Sighting, WatchState
from batches.services.watch import thin, turn
from batches.services.watch.thin import samples_thin
from common.clock import from_now
from tests.batches.services.watch.conftest import seen
from tests.batches.sightings import sample_add, sighting_add

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("contract", ["2025-04", "current"])
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def finish(sandbox, batch_id, number, **fields):
    """Let so many pending requests of a batch end."""
    rows = sandbox.store.rows(
        "SELECT rowid FROM requests WHERE batch_id = ? AND status = 'PENDING' LIMIT ?", batch_id, number
    )
    ended = {"status": "COMPLETED", "channel_manager_status": "COMPLETED", **fields}
    sandbox.store.change_requests([(row["rowid"], ended) for row in rows])


def minutes_later(number):
    """Pretend that everything was seen so many minutes earlier."""
    for row in Sighting.objects.exclude(counted_at=None):
        Sighting.objects.filter(pk=row.pk).update(counted_at=row.counted_at - number * MINUTE)
    for sample in Sample.objects.order_by("at"):
        Sample.objects.filter(pk=sample.pk).update(at=sample.at - number * MINUTE)


@BOTH
def test_each_count_of_an_active_batch_is_a_sample(look, sandbox, contract):
    sandbox.store.add_batch("a", status="ACTIVE", requests=10)
    sandbox.store.add_batch("b", status="PAUSED", requests=10)
    look()
    minutes_later(4)
    finish(sandbox, "a", 5)
    finish(sandbox, "a", 1, status="FAILED", channel_manager_status="BUSY")
    look()
    assert set(Sample.objects.values_list("sighting__batch_id", flat=True)) == {"a"}
    counts = ("total", "pending", "under_way", "ended", "failed")
    assert [getattr(seen("a"), name) for name in counts] == [10, 4, 0, 6, 1]
    assert [getattr(seen("b"), name) for name in counts] == [10, 10, 0, 0, 0]
    assert seen("a").pace == pytest.approx(6 / 4, rel=0.05)
    assert seen("b").pace is None
    [bucket] = CampaignSample.objects.filter(ended__gt=0)
    assert (bucket.active, bucket.ended, bucket.failed, bucket.pending) == (1, 6, 1, 4)
    campaign = CampaignSighting.objects.get()
    assert (campaign.total, campaign.pending, campaign.ended, campaign.failed) == (20, 14, 6, 1)
    assert campaign.pace == seen("a").pace


@BOTH
def test_requests_that_are_added_or_removed_have_not_ended(look, sandbox, contract):
    sandbox.store.add_batch("a", status="ACTIVE", requests=10)
    finish(sandbox, "a", 5)
    look()
    sandbox.store.add_requests("a", ({"reference_id": f"more-{number}"} for number in range(20)))
    minutes_later(1)
    look()
    sandbox.store.remove_requests("a", [str(number) for number in range(1, 6)])
    minutes_later(1)
    look()
    assert not CampaignSample.objects.filter(ended__gt=0).exists()
    assert seen("a").pace == 0


def test_what_ended_in_a_long_time_is_not_told_as_of_five_minutes(look, sandbox):
    sandbox.store.add_batch("a", status="ACTIVE", requests=100)
    look()
    minutes_later(50)
    finish(sandbox, "a", 100)
    look()
    [bucket] = CampaignSample.objects.filter(ended__gt=0)
    assert bucket.ended == pytest.approx(10, abs=1)
    assert seen("a").pace == pytest.approx(2, rel=0.05)


def test_a_batch_has_a_forecast_while_it_is_active(look, sandbox):
    number = sandbox.store.add_campaign()
    soon = timezone.now() + 2 * MINUTE
    sandbox.store.add_batch("a", campaign_id=number, status="ACTIVE", requests=200, expires_on=soon.isoformat())
    look()
    assert (seen("a").pace, seen("a").ends_from, seen("a").unreached_from) == (None, None, None)
    for _ in range(4):
        minutes_later(1)
        finish(sandbox, "a", 25)
        look()
    row = seen("a")
    assert row.pace == pytest.approx(25, rel=0.05)
    minutes = (row.ends_until - row.counted_at) / MINUTE
    assert minutes == pytest.approx(4, rel=0.1)
    assert row.unreached_from == pytest.approx(50, abs=5)
    sandbox.store.change_batch("a", status="PAUSED", last_updated_at=timezone.now().isoformat())
    look()
    row = seen("a")
    assert [row.pace, row.ends_from, row.ends_until, row.unreached_from, row.unreached_until] == [None] * 5


def test_a_forecast_leaves_out_closed_hours(look, sandbox):
    now = timezone.now()
    closes = (now - HOUR).strftime("%H:%M:%S")
    opens = (now + HOUR).strftime("%H:%M:%S")
    number = sandbox.store.add_campaign(daily_start_time=opens, daily_end_time=closes, timezone="UTC")
    sandbox.store.add_batch("a", campaign_id=number, status="ACTIVE", requests=200)
    for _ in range(3):
        look()
        minutes_later(2)
        finish(sandbox, "a", 50)
    assert CampaignSighting.objects.get(campaign_id=number).zone == "UTC"
    assert seen("a").ends_from is None


def test_a_batch_that_expires_before_the_hours_open_reaches_nobody(look, sandbox):
    now = timezone.now()
    opens, closes = (now + 2 * HOUR).strftime("%H:%M:%S"), (now - HOUR).strftime("%H:%M:%S")
    number = sandbox.store.add_campaign(daily_start_time=opens, daily_end_time=closes, timezone="UTC")
    expires_on = (now + HOUR).isoformat()
    sandbox.store.add_batch("a", campaign_id=number, status="IDLE", requests=200, expires_on=expires_on)
    for _ in range(2):
        look()
        minutes_later(6)
    assert (seen("a").unreached_from, seen("a").unreached_until) == (200, 200)


@pytest.mark.parametrize("contract", ["current"])
def test_the_zone_of_a_campaign_is_that_of_its_agent_read_once_an_hour(look, sandbox):
    by_id = sandbox.store.add_campaign(more={"agent_id": sandbox.store.add_agent(timezone="Europe/Zurich")})
    other = sandbox.store.add_agent(timezone="Asia/Tokyo")
    sandbox.store.add_target("+15550111", agent_id=other)
    by_source = sandbox.store.add_campaign(source="+15550111", more={"mode": "voice"})
    unknown = sandbox.store.add_campaign(source="+15550199")
    look()
    zones = dict(CampaignSighting.objects.values_list("campaign_id", "zone"))
    assert zones == {by_id: "Europe/Zurich", by_source: "Asia/Tokyo", unknown: ""}
    sandbox.requests.clear()
    look()
    assert not [request.path for request in sandbox.requests if "agents" in request.path or "targets" in request.path]


@BOTH
def test_totals_follow_a_batch_that_ends(look, sandbox, contract):
    number = sandbox.store.add_campaign()
    sandbox.store.add_batch("a", campaign_id=number, status="ACTIVE", requests=3, expires_on="2099-01-01T00:00:00Z")
    sandbox.store.add_batch("b", campaign_id=number, status="ACTIVE", requests=3, expires_on="2098-01-01T00:00:00Z")
    look()
    campaign = CampaignSighting.objects.get(campaign_id=number)
    assert campaign.next_expiry == datetime(2098, 1, 1, tzinfo=UTC)
    sandbox.store.change_batch("b", status="EXPIRED", last_updated_at=timezone.now().isoformat())
    look()
    campaign.refresh_from_db()
    assert campaign.statuses == {"ACTIVE": 1, "EXPIRED": 1}
    assert (campaign.running, campaign.pending) == (1, 3)
    assert campaign.next_expiry == datetime(2099, 1, 1, tzinfo=UTC)


def test_batches_without_a_campaign_have_totals_too(look, sandbox):
    for batch_id in ("a", "b"):
        sandbox.store.add_batch(batch_id, status="ACTIVE", requests=3, omit=["campaign_id"])
    look()
    sandbox.store.change_batch("b", status="PAUSED")
    look()
    assert CampaignSighting.objects.get(campaign_id=None).statuses == {"ACTIVE": 1, "PAUSED": 1}


@pytest.mark.parametrize("contract", ["2025-04"])
def test_results_tell_which_requests_are_under_way_where_the_batch_does_not(look, sandbox):
    sandbox.store.add_batch("a", status="ACTIVE", requests=10)
    finish(sandbox, "a", 5, status="CONNECTED")
    finish(sandbox, "a", 2, status="CONNECTED", channel_manager_status="NO-ANSWER")
    finish(sandbox, "a", 1, status="CONNECTED", channel_manager_status="IN-PROGRESS")
    look()
    counts = ("total", "pending", "under_way", "ended", "failed")
    assert [getattr(seen("a"), name) for name in counts] == [10, 2, 1, 7, 2]


@pytest.mark.parametrize("contract", ["2025-04"])
def test_of_a_large_batch_what_is_connected_may_be_under_way(look, sandbox, monkeypatch):
    monkeypatch.setattr(turn, "MOST_RESULTS", 9)
    sandbox.store.add_batch("a", status="ACTIVE", requests=10)
    finish(sandbox, "a", 5, status="CONNECTED")
    look()
    assert (seen("a").pending, seen("a").under_way, seen("a").ended) == (5, 5, 0)
    assert not [request.path for request in sandbox.requests if request.path.endswith("/results")]


def test_after_two_days_one_sample_an_hour_stays(settings):
    row = sighting_add("a")
    other = sighting_add("b")
    start = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
    for number in range(36):
        for sighting in (row, other):
            sample_add(sighting, start + number * 10 * MINUTE, pending=number, under_way=0, ended=0, failed=0)
    sample_add(row, timezone.now() - HOUR, pending=1, under_way=0, ended=0, failed=0)
    sample_add(row, timezone.now() - HOUR + MINUTE, pending=1, under_way=0, ended=0, failed=0)
    state = WatchState(pk=1)
    state.save()
    assert not samples_thin(state)
    old = Sample.objects.filter(sighting=row, at__lt=start + timedelta(days=1)).order_by("at")
    assert list(old.values_list("at", flat=True)) == [start + number * HOUR for number in range(6)]
    assert Sample.objects.filter(sighting=other).count() == 6
    assert Sample.objects.filter(sighting=row).count() == 8
    assert not samples_thin(state)
    assert Sample.objects.count() == 14


def test_a_clock_that_was_ahead_does_not_keep_samples_from_being_thinned():
    row = sighting_add("a")
    start = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(days=3)
    for number in range(6):
        sample_add(row, start + number * 10 * MINUTE, pending=number, under_way=0, ended=0, failed=0)
    state = WatchState(pk=1, position={"thinned_until": (start + timedelta(days=900)).isoformat()})
    state.save()
    assert not samples_thin(state)
    assert Sample.objects.count() == 1


def test_what_is_too_old_goes_a_bounded_number_of_rows_at_a_time(settings, monkeypatch):
    settings.SAMPLES_DAYS = 30
    monkeypatch.setattr(thin, "CHUNK", 2)
    monkeypatch.setattr(thin, "MOST", 4)
    row = sighting_add("a")
    long_ago = timezone.now() - timedelta(days=31)
    for number in range(7):
        sample_add(row, long_ago - number * MINUTE, pending=0, under_way=0, ended=0, failed=0)
    CampaignSample.objects.create(campaign_id=1, at=long_ago, active=1, pending=1, under_way=1, ended=1, failed=1)
    for at in (from_now(timedelta(days=-31)), Now()):
        PlatformEvent.objects.create(batch_id="a", kind="idle", status_before="ACTIVE", since=at, seen_at=at)
    state = WatchState(pk=1)
    state.save()
    assert samples_thin(state)
    assert Sample.objects.count() == 3
    while samples_thin(state):
        pass
    assert not Sample.objects.exists()
    assert not CampaignSample.objects.exists()
    assert PlatformEvent.objects.count() == 1
