"""How far the requests are, wherever a batch or a campaign stands."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from batches.access import Scope
from batches.models import Sample, Sighting
from batches.selectors.sightings import (
    MOST_POINTS,
    campaign_outlook,
    campaign_sighting_of,
    curve_of,
    listed_progress,
    sighting_of,
)
from sandbox import faults
from tests.batches.sightings import campaign_sighting_add, sample_add, sighting_add, watch_state
from tests.batches.views.list_page import DASH
from tests.html import attributes, in_words, parsed, texts

pytestmark = pytest.mark.django_db

ID = "20261123.9"
BOTH = pytest.mark.parametrize("contract", ["2025-04", "current"])
COUNTS = {"total": 162, "pending": 30, "under_way": 4, "ended": 128, "failed": 18}
REFRESH = {"HX-Request": "true"}


@pytest.fixture
def batch(sandbox, client, operator):
    """Provide a batch with 128 of 162 requests ended, 18 of them failed, and 4 on the line; an operator looks at it."""
    campaign = sandbox.store.add_campaign(campaign_name="Flu shots")
    sandbox.store.add_batch(ID, campaign_id=campaign, status="ACTIVE", requests=30)
    for status, channel, count in (
        ("COMPLETED", "COMPLETED", 110), ("FAILED", "NO_ANSWER", 18), ("CONNECTED", "IN_PROGRESS", 4)
    ):  # fmt: skip
        sandbox.store.add_requests(
            ID,
            [
                {"reference_id": f"{status}{number}", "status": status, "channel_manager_status": channel}
                for number in range(count)
            ],
        )
    sandbox.store.count_requests(ID)
    client.force_login(operator)
    return sandbox


def seen(batch_id=ID, **fields):
    return sighting_add(batch_id, **{"counted_at": timezone.now(), **COUNTS, **fields})


def ahead(**distance):
    return timezone.now() + timedelta(**distance)


def cell(client, path="/batches/"):
    """Return the requests of the first batch of a list."""
    return texts(client.get(path), "td.list-count")[0]


# In lists ----------------------------------------------------------------------------------------------------------


@BOTH
def test_a_list_shows_how_far_each_batch_is(client, batch):
    seen()

    page = client.get("/batches/")

    assert texts(page, "td.list-count") == ["128 of 162 · 14 % failed"]
    assert attributes(page, "td.list-count .progress rect", "class") == ["bar-green", "bar-red", "bar-blue"]


@BOTH
@pytest.mark.parametrize("path", ["/batches/", "/batches/?order=-created_at", "/campaigns/1/"])
def test_a_list_tells_the_time_left_and_whom_a_batch_will_not_reach(client, batch, path):
    watch_state()
    seen(ends_from=ahead(minutes=40, seconds=9), ends_until=ahead(minutes=40, seconds=9), unreached_from=30,
         unreached_until=30)  # fmt: skip

    said = cell(client, path)

    assert said.startswith("128 of 162 · 14 % failed · about 40 min left")
    assert said.endswith("About 30 people will not be reached before the expiry.")


def test_a_list_tells_no_end_that_has_passed_nor_of_a_batch_that_is_paused_by_now(client, batch):
    seen(ends_from=ahead(minutes=-9), ends_until=ahead(minutes=-8))
    assert cell(client) == "128 of 162 · 14 % failed"

    Sighting.objects.update(ends_from=ahead(minutes=40), ends_until=ahead(minutes=40), unreached_until=30)
    batch.store.change_batch(ID, status="PAUSED")
    assert cell(client) == "128 of 162 · 14 % failed"


def test_counts_that_are_not_fresh_say_how_old_they_are(client, batch):
    seen(counted_at=timezone.now() - timedelta(hours=2, minutes=1))

    assert cell(client) == "128 of 162 · 14 % failed 2 h ago"


def test_without_the_watcher_a_list_shows_what_the_api_counts(client, batch):
    assert cell(client) == "162"


@pytest.mark.parametrize("contract", ["current"])
def test_where_the_api_counts_nothing_the_watcher_does(client, batch):
    assert cell(client) == DASH

    seen(ended=None, failed=None)
    assert cell(client) == "162"


def test_the_batches_of_a_campaign_show_it_too(client, batch):
    seen()

    assert cell(client, "/campaigns/1/") == "128 of 162 · 14 % failed"


@pytest.mark.parametrize("contract", ["current"])
def test_an_update_is_no_activity(client, batch):
    heads = texts(client.get("/batches/"), "th")

    assert "Last updated" in heads
    assert "Last activity" not in heads
    assert attributes(client.get("/batches/"), "td.list-last_worked_on", "data-label") == ["Last updated"]


def test_where_the_api_tells_of_activity_the_list_does(client, batch):
    heads = texts(client.get("/batches/"), "th")

    assert "Last activity" in heads
    assert "Last updated" not in heads


# On the page of a batch --------------------------------------------------------------------------------------------


def paced(*, minutes=60, **fields):
    """Have the watcher have seen two requests of the batch end a minute until now."""
    row, now = seen(**fields), timezone.now()
    for age in range(1, minutes):
        sample_add(row, now - timedelta(minutes=age), pending=30 + 2 * age, under_way=4, ended=128 - 2 * age, failed=0)


@BOTH
def test_a_batch_shows_how_far_it_is_by_what_syllable_says_now(client, batch):
    paced(ended=1, failed=1)

    page = client.get(f"/batches/{ID}/")

    assert texts(page, ".batch-far") == ["128 of 162 · 14 % failed"]
    [said] = texts(page, ".batch-outlook")
    assert re.search(r" · about 1\d min left · ends about \d\d:\d\d · 2\.\d a minute$", said)


@pytest.mark.parametrize("contract", ["current"])
def test_which_requests_are_under_way_is_told_by_their_channel(client, batch):
    batch.store.add_requests(
        ID, [{"reference_id": "ended", "status": "CONNECTED", "channel_manager_status": "NO_ANSWER"}]
    )

    page = client.get(f"/batches/{ID}/")

    assert "4 requests under way" in texts(page, ".batch-outlook")
    assert texts(page, ".batch-far") == ["129 of 163 · 15 % failed"]


def test_connected_alone_is_not_said_to_be_under_way(client, batch):
    assert texts(client.get(f"/batches/{ID}/"), ".batch-outlook") == ["4 connected, which may have ended"]

    counted_at = timezone.now()
    seen(under_way=3, counted_at=counted_at)
    [said] = texts(client.get(f"/batches/{ID}/"), ".batch-outlook")
    assert said == f"3 requests under way as of {counted_at:%H:%M:%S} · time left not known"


@pytest.mark.parametrize("contract", ["2025-04"])
def test_a_batch_whose_requests_stay_connected_is_as_far_as_the_watcher_knows(client, batch):
    """The API's own example: nearly all are CONNECTED, and have ended by the word of their channel."""
    rows = batch.store.rows("SELECT rowid FROM requests WHERE channel_manager_status = 'COMPLETED'")
    batch.store.change_requests([(row["rowid"], {"status": "CONNECTED"}) for row in rows])
    paced()

    page = client.get(f"/batches/{ID}/")

    assert texts(page, ".batch-far") == ["128 of 162 · 14 % failed"]
    [said] = texts(page, ".batch-outlook")
    assert re.search(r"^4 requests under way as of .* · about 1\d min left · ends about .* · 2\.\d a minute$", said)
    [words] = attributes(page, ".batch-curve svg[role=img]", "aria-label")
    assert words.endswith("to 128, of which 18 failed.")


def test_people_who_will_not_be_reached_are_told_of(client, batch):
    batch.store.change_batch(ID, expires_on=ahead(minutes=2).isoformat())
    paced()

    [loud] = texts(client.get(f"/batches/{ID}/"), ".batch-outlook-loud")

    assert loud.endswith("people will not be reached before the expiry.")


@pytest.mark.parametrize("status", ["PAUSED", "CANCELED", "EXPIRED"])
def test_a_batch_that_does_not_run_has_no_end(client, batch, status):
    batch.store.change_batch(ID, status=status)
    paced()

    said = " ".join(texts(client.get(f"/batches/{ID}/"), ".batch-outlook"))

    assert "a minute" not in said
    assert "reached" not in said


@BOTH
def test_each_entry_of_the_legend_leads_to_as_many_requests(client, batch):
    for word in ("DUPLICATE", "CANCELED"):
        batch.store.add_requests(
            ID, [{"reference_id": word, "status": word, "channel_manager_status": word, "target": "+15550100"}]
        )
    page = client.get(f"/batches/{ID}/")

    entries = zip(texts(page, ".batch-legend a"), attributes(page, ".batch-legend a", "href"), strict=True)
    found = {said: texts(client.get(link), ".list-tabs [aria-current]") for said, link in entries}

    assert len(found) == 6
    for said, tabs in found.items():
        assert tabs == [" ".join(said.split()[:2])]


@pytest.mark.parametrize("contract", ["current"])
def test_the_words_of_the_channel_lead_to_their_requests(client, batch):
    page = client.get(f"/batches/{ID}/")

    links = dict(zip(texts(page, "#batch-channels a"), attributes(page, "#batch-channels a", "href"), strict=True))

    assert links["NO-ANSWER 18"] == f"/batches/{ID}/requests/?status=FAILED&channel=NO-ANSWER"
    assert len(parsed(client.get(links["IN-PROGRESS 4"])).css(".request-reference")) == 4


# Its curve ---------------------------------------------------------------------------------------------------------


def test_a_batch_draws_its_curve(client, batch):
    row, now = seen(), timezone.now()
    sample_add(row, now - timedelta(minutes=20), pending=162, under_way=0, ended=0, failed=0)
    sample_add(row, now - timedelta(minutes=10), pending=80, under_way=1, ended=81, failed=10)

    page = client.get(f"/batches/{ID}/")

    ended, failed = attributes(page, ".batch-curve path", "d")
    # As large as the batch, and with what was read now as its last point.
    assert ended.startswith("M0 100L0.0 100.0L")
    assert "50.0L1000.0 21.0V100z" in ended
    assert failed.endswith("L1000.0 88.9V100z")
    [words] = attributes(page, ".batch-curve svg[role=img]", "aria-label")
    assert words.endswith("0 to 128, of which 18 failed.")
    assert texts(page, "#curve-table tbody td") == ["81", "10", "0", "0"]
    assert "style=" not in page.content.decode()


def test_one_sample_is_no_curve(client, batch):
    sample_add(seen(), timezone.now(), pending=162, under_way=0, ended=0, failed=0)

    assert not parsed(client.get(f"/batches/{ID}/")).css(".batch-curve")


@pytest.mark.parametrize("samples", [1, MOST_POINTS, MOST_POINTS + 1, 1_000])
def test_a_curve_has_few_points_whatever_the_number_of_samples(samples, django_assert_num_queries):
    row, other, now = seen(), seen("other"), timezone.now()
    sample_add(other, now, pending=1, under_way=0, ended=9_999, failed=0)
    counts = {"pending": 0, "under_way": 0, "failed": 0}
    Sample.objects.bulk_create(
        Sample(sighting=row, at=now - timedelta(seconds=30 * age), ended=samples - age, **counts)
        for age in range(samples)
    )

    with django_assert_num_queries(1):
        curve = curve_of(ID, scope=Scope())

    assert min(samples, MOST_POINTS / 2) <= len(curve) <= MOST_POINTS
    assert curve[-1].ended == samples
    assert [point.at for point in curve] == sorted(point.at for point in curve)


# Refreshing --------------------------------------------------------------------------------------------------------


def test_for_htmx_the_page_of_a_batch_returns_what_changes(client, batch, django_assert_num_queries):
    seen()
    whole = client.get(f"/batches/{ID}/")
    batch.store.change_batch(ID, status="PAUSED")
    batch.requests.clear()

    with django_assert_num_queries(9):
        part = client.get(f"/batches/{ID}/", headers=REFRESH)

    assert len(batch.requests) == 1
    ids = attributes(part, "[hx-swap-oob]", "id")
    parts = ["batch-status", "batch-actions", "batch-failed", "batch-facts", "batch-history"]
    assert ids == [*parts, "holds", "app-heads"]
    assert [element for element in ids if not parsed(whole).css(f"#{element}")] == []
    assert attributes(part, "#batch-status [data-status]", "data-status") == ["PAUSED"]
    assert texts(part, "#batch-actions button") == ["Resume"]
    assert not parsed(part).css("[name=expires_on]")


def test_a_viewer_gets_no_button_by_refreshing(client, batch, viewer):
    client.force_login(viewer)

    assert not parsed(client.get(f"/batches/{ID}/", headers=REFRESH)).css("button")


@pytest.mark.parametrize("status", [500, 404, 401])
def test_a_refresh_that_fails_says_why(client, batch, status):
    batch.faults.add(faults.answer(status), times=None)

    response = client.get(f"/batches/{ID}/", headers=REFRESH)

    assert response.status_code == 503
    assert response.headers["Content-Type"].startswith("text/plain")
    assert response.content.decode().endswith(".")


# On the page of a campaign -----------------------------------------------------------------------------------------


def test_a_campaign_says_since_when_nobody_looks(client, batch):
    since = timezone.now() - timedelta(minutes=10)
    watch_state(looked_at=since, tried_at=since)
    campaign_sighting_add(1, name="Flu shots", **COUNTS, totalled_at=since)
    seen(campaign_id=1)

    [said] = texts(client.get("/campaigns/1/"), "[data-watch]")

    assert f"Nobody has looked at the batches since {since:%H:%M:%S}." in said


def test_a_campaign_counts_people(client, batch):
    campaign_sighting_add(1, name="Flu shots", **(COUNTS | {"total": 5_000, "pending": 4_868}), pace=9.4)
    seen(campaign_id=1, ends_from=ahead(hours=3, seconds=9), ends_until=ahead(hours=3, seconds=9))
    seen("second", campaign_id=1, ends_from=ahead(minutes=9), ends_until=ahead(minutes=9), unreached_from=7,
         unreached_until=7)  # fmt: skip

    page = client.get("/campaigns/1/")

    assert texts(page, ".batch-far") == ["128 of 5,000 · 14 % failed · about 3 h left"]
    stages = ["ended 128", "of these failed 18", "under way 4", "still to reach 4,868"]
    assert texts(page, ".campaign-progress li") == stages
    assert "9.4 a minute" in in_words(page)
    assert "About 7 people will not be reached before the expiry." in in_words(page)
    assert attributes(page, ".campaign-progress .bar", "aria-label") == ["People: 128 of 5,000 · 14 % failed"]


def test_a_campaign_whose_watcher_fails_promises_nothing(client, batch):
    watch_state(failing_since=timezone.now(), problem="unavailable")
    campaign_sighting_add(1, name="Flu shots", **COUNTS)
    seen(ends_from=ahead(hours=3), ends_until=ahead(hours=3), unreached_from=7, unreached_until=7)

    page = client.get("/campaigns/1/")

    assert texts(page, ".batch-far") == ["128 of 162 · 14 % failed"]
    assert "The watcher cannot look since" in texts(page, ".campaign-progress [data-watch=failing]")[0]
    assert "not be reached" not in texts(page, ".campaign-progress")[0]


def test_a_campaign_that_cannot_be_read_shows_what_the_watcher_saw(client, batch):
    campaign_sighting_add(1, name="Flu shots as seen", **COUNTS)
    batch.faults.add(faults.answer(500), path=r"/campaigns", times=None)

    page = client.get("/campaigns/1/")

    assert texts(page, "h1, h2.page-title")[0] == "Flu shots as seen"
    assert texts(page, ".batch-far") == ["128 of 162 · 14 % failed"]


def test_an_end_that_is_not_known_of_all_batches_is_not_told(client, batch):
    campaign_sighting_add(1, name="Flu shots", **COUNTS)
    seen(campaign_id=1, ends_from=ahead(hours=3), ends_until=ahead(hours=3))
    seen("second", campaign_id=1)

    assert texts(client.get("/campaigns/1/"), ".batch-far") == ["128 of 162 · 14 % failed"]


@pytest.mark.parametrize("campaign", ["1", "nonsense"])
def test_a_campaign_that_the_watcher_never_saw_shows_no_bar(client, batch, campaign):
    assert not parsed(client.get(f"/campaigns/{campaign}/")).css(".campaign-progress")


# Who ---------------------------------------------------------------------------------------------------------------


def test_nobody_sees_the_progress_of_what_is_outside_their_scope():
    row = seen(campaign_id=7)
    campaign_sighting_add(7, **COUNTS)
    sample_add(row, timezone.now(), pending=162, under_way=0, ended=0, failed=0)
    theirs, others = Scope(frozenset({7})), Scope(frozenset({8}))

    assert sighting_of(ID, scope=theirs)
    assert sighting_of(ID, scope=others) is None
    assert campaign_sighting_of(7, scope=theirs)
    assert campaign_sighting_of(7, scope=others) is None
    assert set(listed_progress([ID], scope=theirs)) == {ID}
    assert listed_progress([ID], scope=others) == {}
    assert len(curve_of(ID, scope=theirs)) == 1
    assert curve_of(ID, scope=others) == []
    assert campaign_outlook(7, scope=others).unreached_until == 0
