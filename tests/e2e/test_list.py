"""The list of batches in a browser: it stays fresh, and never gets in the reader's way."""

import pytest
from django.core.cache import caches
from playwright.sync_api import expect

from sandbox import faults
from tests.e2e.conftest import refreshes_of

ID = "20250117.09"


@pytest.fixture
def batch(sandbox, settings):
    settings.SYLLABLE_TIMEOUT = 3.0
    campaign = sandbox.store.add_campaign(campaign_name="Appointment reminders")
    for number in range(40):
        sandbox.store.add_batch(f"20250117.{number:02}", campaign_id=campaign, status="ACTIVE", requests=3)
    return sandbox


@pytest.fixture
def opened(batch, log_in, operator, page, base_url):
    """Open the second page of the list for the operator, scrolled, with a clock that the test moves."""
    page.clock.install()
    log_in(operator)
    page.goto(f"{base_url}/batches/?page=2")
    page.evaluate("scrollTo(0, 100)")
    return page


def row(page, batch_id=ID):
    return page.get_by_role("row", name=batch_id)


def pass_time(page, seconds):
    # The counts are the server's to keep, by a clock that the page's does not move.
    caches["local"].clear()
    page.clock.run_for(seconds * 1000)


def test_it_refreshes_itself_where_the_reader_is(batch, opened):
    batch.store.change_batch(ID, status="PAUSED")

    pass_time(opened, 11)

    expect(row(opened)).to_contain_text("PAUSED")
    expect(opened.get_by_role("link", name="PAUSED 1")).to_be_visible()
    assert opened.evaluate("scrollY") == 100
    assert opened.url.endswith("/batches/?page=2")
    expect(opened.locator("#list-notice")).to_be_empty()


def test_it_waits_while_something_in_it_is_used(batch, opened, unseen):
    # Nobody looks before the first use. Each begins before the one before ends: the list may refresh itself in between.
    opened.reload()
    asked = refreshes_of(opened)
    button = row(opened).get_by_role("button", name="Pause")
    button.focus()
    opened.evaluate("delete document.hidden")
    pass_time(opened, 30)
    button.hover()
    button.blur()
    pass_time(opened, 30)
    opened.evaluate("getSelection().selectAllChildren(document.querySelector('tbody tr'))")
    opened.mouse.move(5, 5)
    pass_time(opened, 30)
    assert not asked

    opened.evaluate("getSelection().removeAllRanges()")
    batch.store.change_batch(ID, status="IDLE")
    pass_time(opened, 2)
    expect(row(opened)).to_contain_text("IDLE")


def test_it_asks_for_nothing_while_nobody_looks_and_at_once_when_somebody_does(batch, opened, unseen):
    opened.reload()
    asked = refreshes_of(opened)
    batch.store.change_batch(ID, status="PAUSED")
    pass_time(opened, 60)
    assert not asked

    opened.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")

    expect(row(opened)).to_contain_text("PAUSED")


def test_a_refresh_that_fails_keeps_the_rows_and_says_since_when(batch, opened, accessible):
    read_at = opened.locator("#batch-list").get_attribute("data-read-at")
    batch.faults.add(faults.answer(401), times=None)

    pass_time(opened, 11)

    notice = opened.locator("#list-notice")
    expect(notice).to_contain_text(f"Not refreshed since {read_at}. Syllable refused the API key.")
    expect(row(opened)).to_contain_text("ACTIVE")
    accessible()

    batch.faults.clear()
    pass_time(opened, 11)
    expect(notice).to_be_empty()


def test_choosing_filters_and_leaves_an_address_to_share(opened, base_url):
    opened.get_by_label("Rows per page").select_option("50")
    expect(opened).to_have_url(f"{base_url}/batches/?limit=50")

    opened.get_by_label("Batch id").fill("20250117.0")
    opened.get_by_role("button", name="Search").click()
    expect(opened).to_have_url(f"{base_url}/batches/?q=20250117.0&limit=50")
    expect(opened.locator("tbody tr")).to_have_count(10)


def test_nothing_is_wider_than_the_screen(opened, accessible):
    for width in (320, 390, 768, 1024):
        opened.set_viewport_size({"width": width, "height": 844})
        assert opened.evaluate("document.documentElement.scrollWidth") == width
        expect(row(opened).get_by_role("button", name="Pause")).to_be_visible()
    opened.set_viewport_size({"width": 390, "height": 844})
    accessible()


def test_on_a_laptop_the_header_keeps_to_one_line_and_no_button_is_cut(opened):
    for width in (1024, 1280, 1366, 1440):
        opened.set_viewport_size({"width": width, "height": 900})

        assert opened.locator(".app-header").bounding_box()["height"] < 60, width
        assert opened.locator(".list-scroll").evaluate("table => table.scrollWidth - table.clientWidth") == 0, width
        tick, batch_id = row(opened).locator(".list-tick"), row(opened).get_by_role("link", name=ID)
        assert abs(middle(tick) - middle(batch_id)) < 5, width


def middle(part):
    box = part.bounding_box()
    return box["y"] + box["height"] / 2
