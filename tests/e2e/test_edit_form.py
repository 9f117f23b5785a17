"""The edit form of a batch in a browser: what is wrong stands beside the facts, and expiries are counted from there."""

import re
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from sandbox import faults

ID = "20261123.9"


@pytest.fixture
def batch(sandbox, settings):
    settings.SYLLABLE_TIMEOUT = 3.0
    campaign = sandbox.store.add_campaign(campaign_name="Appointment reminders")
    expiry = (timezone.now() + timedelta(hours=20)).replace(second=0, microsecond=0)
    sandbox.store.add_batch(ID, campaign_id=campaign, status="ACTIVE", requests=40, expires_on=expiry.isoformat())
    return sandbox


@pytest.fixture(params=[390, 1366])
def opened(request, batch, log_in, operator, page, base_url):
    """Open the page of the batch for the operator, on a phone and on a laptop."""
    page.set_viewport_size({"width": request.param, "height": 844})
    log_in(operator)
    page.goto(f"{base_url}/batches/{ID}/")
    return page


def picker(page):
    return page.get_by_label("Expires on")


def shown(page):
    return datetime.fromisoformat(picker(page).input_value())


def test_an_error_stands_on_the_page_of_the_batch_with_its_pause(opened, batch, accessible):
    opened.get_by_label("Status").select_option("CANCELED")
    opened.get_by_role("button", name="Review changes").click()

    expect(opened.locator("[data-problem=deleted_reason]")).to_be_visible()
    expect(opened.get_by_role("heading", level=1)).to_contain_text(ID)
    expect(opened.locator("#batch-facts")).to_contain_text("Appointment reminders")
    expect(opened.get_by_role("button", name="Pause", exact=True)).to_be_in_viewport()
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    accessible()
    opened.get_by_role("link", name="See what is wrong in the form").click()
    expect(opened.locator("[data-problem=deleted_reason]")).to_be_in_viewport()

    opened.get_by_role("button", name="Pause", exact=True).click()
    expect(opened.locator("[data-outcome=applied]")).to_contain_text("Paused.")
    expect(opened).to_have_url(re.compile(rf"/batches/{ID}/\?change="))


def test_what_syllable_refuses_stands_there_too(opened, batch, accessible):
    opened.get_by_label("Status").select_option("PAUSED")
    opened.get_by_role("button", name="Review changes").click()
    batch.faults.add(faults.answer(400, {"detail": "not this one"}), method="PUT", times=None)
    opened.get_by_role("button", name="Confirm").click()

    expect(opened.locator("[data-outcome=rejected]")).to_be_visible()
    expect(opened.locator("#batch-facts")).to_be_visible()
    expect(opened.get_by_label("Status")).to_have_value("PAUSED")
    accessible()


def test_a_silent_api_leaves_the_form_and_a_pause(opened, batch):
    opened.get_by_label("Status").select_option("CANCELED")
    batch.faults.add(faults.answer(503), times=None)
    opened.get_by_role("button", name="Review changes").click()

    expect(opened.locator("[data-problem=deleted_reason]")).to_be_visible()
    expect(opened.get_by_label("Status")).to_have_value("CANCELED")
    expect(opened.get_by_role("button", name="Pause", exact=True)).to_be_visible()


def test_a_day_more_counts_from_the_expiry_that_is_shown(opened):
    before = shown(opened)
    opened.get_by_role("button", name="+1 day").click()
    assert shown(opened) == before + timedelta(days=1)
    opened.get_by_role("button", name="+1 hour").click()
    opened.get_by_role("button", name="+1 week").click()
    assert shown(opened) == before + timedelta(days=8, hours=1)

    picker(opened).fill("2020-01-01T10:00")
    opened.get_by_role("button", name="+1 day").click()
    assert shown(opened) > before


def test_a_day_is_one_of_the_calendar_where_clocks_change(batch, operator, log_in, page, base_url):
    operator.time_zone = "America/New_York"
    operator.save()
    # Clocks go back at two on 2 November 2036.
    batch.store.change_batch(ID, expires_on="2036-11-01T16:00:00Z")
    log_in(operator)
    page.goto(f"{base_url}/batches/{ID}/")
    assert picker(page).input_value() == "2036-11-01T12:00"
    page.get_by_role("button", name="+1 day").click()
    assert picker(page).input_value() == "2036-11-02T12:00"
    picker(page).fill("2036-11-02T00:30")
    page.get_by_role("button", name="+1 hour").click()
    assert picker(page).input_value() == "2036-11-02T01:30"


def test_the_review_says_how_far_the_expiry_moves(opened, accessible):
    opened.get_by_role("button", name="+1 day").click()
    opened.get_by_role("button", name="+1 hour").click()
    opened.get_by_role("button", name="Review changes").click()
    expect(opened.get_by_role("row", name="Expires on")).to_contain_text("25 h later than now set, in 45 h")
    accessible()


def test_where_only_canceling_is_possible_only_that_is_offered(opened, batch, accessible):
    batch.store.change_batch(ID, status="THROTTLED")
    opened.reload()
    opened.get_by_role("button", name="Review changes").click()

    expect(opened.locator("[data-problem=deleted_reason]")).to_be_visible()
    expect(opened.get_by_role("heading", name="Cancel this batch")).to_be_visible()
    for label in ("Status", "Expires on"):
        expect(opened.get_by_label(label, exact=True)).to_have_count(0)
    expect(opened.get_by_role("button", name="Pause", exact=True)).to_have_count(0)
    accessible()
