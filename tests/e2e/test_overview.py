"""The overview and the page of a batch in a browser: both stay fresh, and never get in the reader's way."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from batches.models import PlatformEvent, PlatformEventKind, Sighting, WatchState
from sandbox import faults
from tests.batches.sightings import campaign_sample_add, campaign_sighting_add, sample_add, sighting_add, watch_for_good
from tests.e2e.conftest import PASSWORD, is_refresh, refreshes_of
from trail.models import Action
from trail.services import entry_add

COUNTS = {"total": 162, "pending": 30, "under_way": 4, "ended": 128, "failed": 18}
ID = "20261201.9"
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
def seen(sandbox, operator):
    """Have the watcher see batches in every kind of trouble, and a person decide something."""
    now = timezone.now()
    watch_for_good()
    campaign_sighting_add(1, name="Flu shots")
    for number in range(12):
        sighting_add(f"20261201.{number}", counted_at=now, expires_at=now + timedelta(minutes=50), **COUNTS)
    for age in range(0, 300, 5):
        campaign_sample_add(now.replace(second=0) - timedelta(minutes=age), ended=40 + age % 7, failed=5)
    PlatformEvent.objects.create(
        batch_id="failed", campaign_id=1, kind="failed", status_before="ACTIVE", since=now, seen_at=now
    )
    for number in range(12):
        entry_add(
            Action.CHANGE_ENDED,
            actor=operator,
            batch_id=f"b.{number}",
            kind="pause",
            outcome="applied",
            change_id=number,
        )
    return sandbox


@pytest.fixture
def opened(seen, log_in, operator, page):
    """Open the overview, with a clock that the test moves."""
    page.clock.install()
    log_in(operator)
    return page


def tile(page, name):
    return page.locator(f"#tile-{name} .tile-value")


def pass_time(page, seconds=6):
    with page.expect_response(lambda response: is_refresh(response.request)):
        page.clock.run_for(seconds * 1000)


def test_it_refreshes_itself_and_keeps_focus_scroll_and_what_is_open(opened):
    opened.locator("#trend-summary").click()
    opened.locator("#active-all").focus()
    opened.evaluate("scrollTo(0, 300)")
    Sighting.objects.filter(batch_id="20261201.1").update(status="PAUSED")

    pass_time(opened)

    expect(tile(opened, "active")).to_have_text("11")
    expect(opened.locator("#active-all")).to_have_text("All 11")
    expect(opened.locator("#active-all")).to_be_focused()
    assert opened.evaluate("scrollY") == 300
    expect(opened.locator("#trend-table table")).to_be_visible()


def test_what_is_selected_stays_selected(opened):
    opened.evaluate("getSelection().selectAllChildren(document.getElementById('overview-title'))")
    Sighting.objects.filter(batch_id="20261201.1").update(status="PAUSED")

    pass_time(opened)

    expect(opened.locator("#active-all")).to_have_text("All 11")
    assert opened.evaluate("String(getSelection())") == "12 batches are active."


def test_a_part_that_did_not_change_is_not_touched(opened):
    pass_time(opened)
    opened.evaluate("document.getElementById('overview-trend').firstElementChild.dataset.mark = 'kept'")

    pass_time(opened)

    expect(opened.locator("#overview-trend [data-mark=kept]")).to_be_attached()


def test_it_does_not_ask_while_nobody_looks_and_at_once_when_somebody_does(opened, unseen):
    opened.reload()
    asked = refreshes_of(opened)
    opened.clock.run_for(30_000)
    assert not asked

    with opened.expect_request(is_refresh):
        opened.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")


def test_a_watcher_that_fails_is_told_of_without_a_reload(opened):
    WatchState.objects.update(failing_since=timezone.now(), problem="unavailable")

    pass_time(opened)

    expect(opened.get_by_role("alert")).to_contain_text("The numbers below are old.")
    expect(opened.get_by_role("alert")).to_contain_text("Syllable does not answer.")


def test_a_dashboard_that_does_not_answer_is_told_of(opened, complaints):
    opened.route("**/*", lambda route: route.abort())

    opened.clock.run_for(6_000)

    expect(opened.locator("#live-notice")).to_contain_text("The dashboard is not answering.")
    opened.unroute("**/*")
    pass_time(opened)
    expect(opened.locator("#live-notice")).to_be_empty()
    complaints.clear()


def test_a_number_leads_to_the_list_behind_it(opened):
    opened.get_by_role("link", name="active batches").click()

    opened.wait_for_url("**/batches/?status=ACTIVE")


def test_the_emergency_stop_stays_at_hand(opened):
    for width in (320, 1920):
        opened.set_viewport_size({"width": width, "height": 700})
        expect(opened.get_by_role("button", name="Stop everything")).to_be_in_viewport()


@pytest.mark.parametrize("trouble", [False, True])
def test_nothing_is_in_the_way_of_anybody(opened, accessible, trouble):
    if trouble:
        WatchState.objects.update(failing_since=timezone.now(), problem="key_refused")
        opened.reload()
    for width in (320, 390, 1366, 1440, 1920):
        opened.set_viewport_size({"width": width, "height": 900})
        assert opened.evaluate(FITS), width
        accessible()


def test_it_works_without_javascript(seen, operator, browser, base_url):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(base_url + "/")
        page.fill("[name=login]", operator.email)
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]:has-text('Log in')")

        expect(page.get_by_role("heading", name="12 batches are active.")).to_be_visible()
        expect(page.locator("noscript meta[http-equiv=refresh], meta[http-equiv=refresh]")).to_have_count(1)


# The page of a batch -----------------------------------------------------------------------------------------------


@pytest.fixture
def batch(sandbox, settings):
    settings.SYLLABLE_TIMEOUT = 3.0
    campaign = sandbox.store.add_campaign(campaign_name="Flu shots")
    sandbox.store.add_batch(ID, campaign_id=campaign, status="ACTIVE", requests=30)
    done = {"status": "COMPLETED", "channel_manager_status": "COMPLETED"}
    sandbox.store.add_requests(ID, [{"reference_id": f"d{number}", **done} for number in range(10)])
    row, now = sighting_add(ID, counted_at=timezone.now(), **COUNTS), timezone.now()
    for age in (30, 20, 10):
        sample_add(row, now - timedelta(minutes=age), pending=age, under_way=0, ended=40 - age, failed=3)
    PlatformEvent.objects.create(
        batch_id=ID,
        campaign_id=campaign,
        kind=PlatformEventKind.ACTIVE_AGAIN,
        status_before="IDLE",
        since=now - timedelta(minutes=2),
        seen_at=now - timedelta(minutes=1),
    )
    return sandbox


@pytest.fixture
def batch_page(batch, log_in, operator, page, base_url):
    log_in(operator)
    page.clock.install()
    page.goto(f"{base_url}/batches/{ID}/")
    return page


def test_a_batch_refreshes_itself_and_keeps_what_is_typed(batch, batch_page):
    batch_page.locator("[name=reason]").fill("Customer asked to wait")
    batch_page.evaluate("scrollTo(0, 120)")
    scrolled = batch_page.evaluate("scrollY")
    batch.store.add_requests(ID, [{"reference_id": "new", "status": "FAILED", "channel_manager_status": "BUSY"}])
    batch.store.change_batch(ID, status="PAUSED")

    pass_time(batch_page, 11)

    expect(batch_page.locator("#batch-status")).to_have_text("PAUSED")
    expect(batch_page.locator("#batch-actions")).to_contain_text("Resume")
    expect(batch_page.locator(".batch-far")).to_have_text("11 of 41 · 9 % failed")
    expect(batch_page.locator("[name=reason]")).to_have_value("Customer asked to wait")
    expect(batch_page.locator("[name=reason]")).to_be_focused()
    assert batch_page.evaluate("scrollY") == scrolled


def test_a_button_does_not_change_under_the_pointer(batch, batch_page):
    batch_page.get_by_role("button", name="Pause").hover()
    batch.store.change_batch(ID, status="PAUSED")

    pass_time(batch_page, 11)

    expect(batch_page.locator("#batch-status")).to_have_text("PAUSED")
    expect(batch_page.locator("#batch-actions")).to_contain_text("Pause")
    batch_page.mouse.move(5, 5)
    pass_time(batch_page, 11)
    expect(batch_page.locator("#batch-actions")).to_contain_text("Resume")


def test_a_batch_that_cannot_be_read_any_more_says_since_when(batch, batch_page):
    batch.faults.add(faults.answer(500), times=None)

    pass_time(batch_page, 11)

    expect(batch_page.locator("#live-notice")).to_contain_text("Not refreshed since")
    expect(batch_page.locator("#batch-status")).to_have_text("ACTIVE")


def test_a_legend_leads_to_its_requests(batch, batch_page):
    batch_page.locator(".batch-legend").get_by_role("link", name="COMPLETED").click()

    batch_page.wait_for_url("**/requests/?status=COMPLETED")
    expect(batch_page.locator(".request-reference")).to_have_count(10)


def test_the_page_of_a_batch_is_in_nobodys_way(batch_page, accessible):
    batch_page.locator("#curve-summary").click()
    for width in (320, 390, 1366, 1440):
        batch_page.set_viewport_size({"width": width, "height": 900})
        assert batch_page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
            width
        )
        accessible()
