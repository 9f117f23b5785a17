"""The page of a stop in a browser, after its last write: who is still being contacted, and whether a request began."""

import pytest
from playwright.sync_api import expect

from batches.models import Kind
from batches.services.watch.watcher import Watcher
from tests.batches.services.factories import carried_out, start
from tests.batches.services.passing import let_pass

pytestmark = pytest.mark.parametrize("contract", ["2025-04", "current"])
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
def stopped(sandbox, operator):
    """Pause a campaign that calls; returns a function that opens its stop's page for batches of one kind."""
    sandbox.store.add_campaign(id=7, campaign_name="Flu shots", rate=60)

    def stopped(**more):
        for number in range(3):
            sandbox.store.add_batch(f"flu-{number}", campaign_id=7, status="ACTIVE", requests=300, more=more)
        sandbox.let_pass(90)
        return carried_out(start(Kind.PAUSE, operator, campaign_name="Flu shots"))

    return stopped


@pytest.fixture
def look(sandbox):
    """Let time pass at the API and for us, and have the watcher look."""
    watcher = Watcher(interval=60.0)

    def look(seconds):
        let_pass(sandbox, seconds)
        watcher.look()

    return look


@pytest.fixture
def opened(log_in, operator, page, base_url):
    """Open the page of a stop, with a clock that the test moves."""

    def opened(operation):
        page.clock.install()
        log_in(operator)
        page.goto(f"{base_url}/operations/{operation.pk}/")
        return page.locator("#operation-silence")

    return opened


def refreshed(page):
    """Let the page ask for the silence once more."""
    with page.expect_response(
        lambda response: "operation-silence" in (response.request.headers.get("hx-target") or "")
    ):
        page.clock.run_for(6000)


def test_calls_that_end_late_are_counted_down_to_silence(stopped, look, opened, page, accessible):
    operation = stopped(ends_late=300)
    look(1)
    part = opened(operation)
    expect(part).to_have_attribute("data-silence", "contacting")
    expect(part).to_contain_text("people are still being contacted")
    expect(part).to_contain_text("No request has begun since")
    accessible()
    look(400)
    refreshed(page)
    expect(part).to_have_attribute("data-silence", "silent")
    expect(part).to_contain_text("Nobody is being contacted any more")
    expect(part.get_by_role("link", name="Download the proof")).to_be_visible()
    accessible()


def test_a_call_that_begins_after_the_stop_turns_the_page_red_and_leads_to_cancel(
    stopped, look, opened, page, accessible
):
    operation = stopped(starts_late=1)
    look(1)
    part = opened(operation)
    expect(part).to_have_attribute("data-silence", "contacting")
    look(12)
    refreshed(page)
    expect(part).to_have_attribute("data-silence", "broken")
    expect(part.get_by_role("alert")).to_contain_text("3 requests have begun after the stop")
    expect(part.get_by_role("link", name="flu-0")).to_be_visible()
    accessible()
    for width in (320, 390, 1366):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(FITS)
    part.get_by_role("button", name="Cancel 3 batches…").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Cancel 3 batches")


def test_requests_that_stay_connected_after_their_end_are_no_calls(stopped, look, opened):
    operation = stopped(stays_connected=True)
    look(300)
    expect(opened(operation)).to_have_attribute("data-silence", "silent")
