"""When people are contacted, in a browser: on the pages of a campaign and a batch, and beside a picked expiry."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

BATCH = "20261201.1"
EXPIRY = "2027-01-15T17:00:00+00:00"


@pytest.fixture
def contract():
    return "current"


@pytest.fixture
def opened(sandbox, log_in, operator, page):
    """Log in an operator in New York. The agent behind a campaign's source works in Kolkata."""
    operator.time_zone = "America/New_York"
    operator.save()
    agent_id = sandbox.store.add_agent(timezone="Asia/Kolkata")
    sandbox.store.add_target("+15550110", agent_id=agent_id)
    today = (datetime.now(UTC) + timedelta(hours=5.5)).date().isoformat()
    rules = {"dates": {today: {"daily_start_time": "06:30:00", "daily_end_time": "21:00:00"}}}
    more = {"active_days": ["mon", "tue", "wed"], "outreach_override_rules": rules, "mode": "voice"}
    campaign_id = sandbox.store.add_campaign(campaign_name="Reminders", source="+15550110", more=more)
    sandbox.store.add_batch(BATCH, campaign_id=campaign_id, status="ACTIVE", requests=12, expires_on=EXPIRY)
    log_in(operator)
    return page


@pytest.mark.parametrize("width", [320, 390, 1366])
@pytest.mark.parametrize("path", ["/campaigns/1/", f"/batches/{BATCH}/"])
def test_the_day_of_a_campaign_fits_every_screen(opened, base_url, accessible, path, width):
    opened.set_viewport_size({"width": width, "height": 800})
    opened.goto(base_url + path)
    hours = opened.locator("[data-hours]")
    expect(hours).to_contain_text("Some days have other hours.")
    expect(hours.get_by_role("img", name="Open today from 06:30 to 21:00 in Kolkata")).to_be_visible()
    expect(hours).to_contain_text("Today in Kolkata")
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    accessible()


def test_the_picker_says_what_the_clocks_of_the_campaign_show(opened, base_url):
    opened.goto(f"{base_url}/batches/{BATCH}/")
    there = opened.locator("[data-expiry-there]")
    expect(there).to_have_text("Time zone of the campaign: Asia/Kolkata. The expiry there: 2027-01-15 22:30")

    # In summer the clocks of New York are an hour ahead of those in winter.
    opened.get_by_label("Expires on").fill("2027-07-01T20:15")
    expect(there.locator("output")).to_have_text("2027-07-02 05:45")
    opened.get_by_label("Expires on").fill("")
    expect(there.locator("output")).to_be_hidden()
    opened.get_by_role("button", name="End of today").click()
    expect(there.locator("output")).to_contain_text("9")


def test_without_scripts_the_page_has_both_zones_too(opened, base_url, browser, sandbox):
    cookies = opened.context.cookies()
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies(cookies)
        page = context.new_page()
        page.goto(f"{base_url}/batches/{BATCH}/")
        expect(page.locator("[data-expiry-there]")).to_contain_text("The expiry there: 2027-01-15 22:30")
