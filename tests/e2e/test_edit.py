"""The main job in a browser: find a batch, edit it, and know what came of it."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from batches.models import Change
from sandbox import faults

pytestmark = pytest.mark.parametrize("contract", ["2025-04", "current"])
ID = "20261123.9"


@pytest.fixture
def batch(sandbox, monkeypatch, settings):
    settings.SYLLABLE_TIMEOUT = 3.0
    reminders = sandbox.store.add_campaign(campaign_name="Appointment reminders")
    surveys = sandbox.store.add_campaign(campaign_name="Surveys")
    expiry = (timezone.now() + timedelta(hours=20)).isoformat()
    worked = timezone.now().isoformat()
    sandbox.store.add_batch(
        ID, campaign_id=reminders, status="ACTIVE", requests=40, expires_on=expiry, last_worked_on=worked
    )
    for number in range(30):
        sandbox.store.add_batch(f"20261101.{number}", campaign_id=surveys, status="PAUSED")
    return sandbox


@pytest.fixture
def opened(batch, log_in, operator, page, base_url):
    """Open the page of the batch for the operator."""
    log_in(operator)
    page.goto(f"{base_url}/batches/{ID}/")
    return page


def outcome(page):
    return page.locator("[data-outcome]")


def test_find_edit_review_confirm(batch, contract, log_in, operator, page, base_url, accessible):
    page.goto(base_url + "/")
    accessible()
    log_in(operator)
    page.get_by_role("link", name="Batches", exact=True).click()
    page.get_by_label("Campaign").select_option(label="Appointment reminders")
    expect(page.locator("tbody tr")).to_have_count(1)
    accessible()
    page.get_by_role("link", name=ID).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(ID)
    accessible()

    page.get_by_label("Status").select_option("PAUSED")
    page.get_by_role("button", name="+1 week").click()
    typed = page.get_by_label("Expires on").input_value()
    page.get_by_role("button", name="Review changes").click()
    expect(page.get_by_role("row", name=re.compile("Status ACTIVE PAUSED"))).to_be_visible()
    accessible()
    assert not batch.requests.of("PUT")

    page.get_by_role("button", name="Confirm").click()
    expect(outcome(page)).to_contain_text("Paused, expiry changed. Confirmed by Syllable at")
    held = batch.batch(ID)
    assert held["status"] == "PAUSED"
    assert held["expires_on"].startswith(typed)
    # The newer contract offers no way to say who it was: there only the trail knows.
    assert contract == "current" or held["last_updated_by"] == "operator@example.com"
    expect(page.get_by_role("region", name="History")).to_contain_text("operator@example.com")

    page.get_by_role("link", name="Changes", exact=True).click()
    expect(page.locator(".entry").first).to_contain_text(f"paused {ID}")
    expect(page.locator(".entry").first).to_contain_text("PAUSED")
    accessible()


def test_a_reason_is_added_after_one_click(opened, batch, settings, accessible):
    settings.CHANGE_REASONS = ["Complaint", "Wrong list"]
    opened.get_by_role("button", name="Pause", exact=True).click()
    expect(outcome(opened)).to_contain_text("Paused. Confirmed by Syllable at")
    field = opened.get_by_label(re.compile("Reason for change"))
    assert opened.locator(f"#{field.get_attribute('list')} option").count() == 2
    accessible()
    field.fill("Complaint")
    opened.get_by_role("button", name="Add reason").click()
    expect(outcome(opened)).to_contain_text("Reason: Complaint")
    expect(opened.get_by_role("button", name="Add reason")).to_have_count(0)
    assert Change.objects.get().reason == "Complaint"


def test_cancel_with_a_reason(opened, batch):
    opened.get_by_label("Status").select_option("CANCELED")
    opened.get_by_label("Reason for canceling").fill("Wrong list uploaded")
    opened.get_by_role("button", name="Review changes").click()
    expect(opened.get_by_text("Canceling is final.")).to_be_visible()
    opened.get_by_role("button", name="Cancel this batch").click()
    expect(outcome(opened)).to_contain_text("Canceled. Confirmed by Syllable at")
    assert batch.batch(ID)["status"] == "CANCELED"
    assert batch.batch(ID)["deleted_reason"] == "Wrong list uploaded"


def test_canceling_without_a_reason_loses_nothing_of_what_was_typed(opened):
    typed = opened.get_by_label("Expires on").input_value()
    opened.get_by_label("Status").select_option("CANCELED")
    opened.get_by_role("button", name="Review changes").click()
    expect(opened.get_by_text("Enter a reason for canceling")).to_be_visible()
    expect(opened.get_by_label("Status")).to_have_value("CANCELED")
    expect(opened.get_by_label("Expires on")).to_have_value(typed)


def test_a_batch_in_an_unknown_status_is_offered_its_end_and_nothing_else(opened, batch, accessible):
    batch.store.change_batch(ID, status="THROTTLED")
    opened.reload()
    expect(opened.get_by_text("does not know the status THROTTLED")).to_be_visible()
    expect(opened.get_by_label("Status")).to_have_count(0)
    accessible()
    opened.get_by_label("Reason for canceling").fill("Wrong list uploaded")
    opened.get_by_role("button", name="Review changes").click()
    opened.get_by_role("button", name="Cancel this batch").click()
    expect(outcome(opened)).to_contain_text("Canceled. Confirmed by Syllable at")


def test_an_expired_batch_comes_back_with_a_new_expiry(opened, batch, accessible):
    batch.store.change_batch(ID, status="EXPIRED", expires_on="2026-01-01T00:00:00Z")
    opened.reload()
    expect(opened.get_by_label("No expiry")).to_have_count(0)
    accessible()
    opened.get_by_label("Status").select_option("PAUSED")
    opened.get_by_role("button", name="+1 week").click()
    opened.get_by_role("button", name="Review changes").click()
    opened.get_by_role("button", name="Confirm").click()
    expect(outcome(opened)).to_have_attribute("data-outcome", "applied")
    assert batch.batch(ID)["status"] == "PAUSED"


def test_somebody_else_changes_the_batch_meanwhile(opened, batch, accessible):
    opened.get_by_label("Status").select_option("PAUSED")
    opened.get_by_role("button", name="Review changes").click()
    batch.store.change_batch(ID, expires_on="2040-01-01T00:00:00Z", last_updated_by="colleague@example.com")
    opened.get_by_role("button", name="Confirm").click()
    expect(opened.get_by_role("heading", level=1)).to_contain_text("This batch changed while you were editing")
    expect(opened.get_by_text("colleague@example.com")).to_be_visible()
    accessible()
    assert not batch.requests.of("PUT")

    opened.get_by_role("button", name="Send my change").click()
    expect(outcome(opened)).to_contain_text("Paused. Confirmed by Syllable at")
    assert batch.batch(ID)["status"] == "PAUSED"
    assert batch.batch(ID)["expires_on"] == "2040-01-01T00:00:00Z"


def test_no_page_on_the_way_is_wider_than_a_phone(opened, batch):
    def fits():
        opened.wait_for_load_state()
        assert opened.evaluate("document.documentElement.scrollWidth") <= 390, opened.url

    opened.set_viewport_size({"width": 390, "height": 844})
    fits()
    opened.get_by_label("Status").select_option("PAUSED")
    opened.get_by_role("button", name="Review changes").click()
    expect(opened.get_by_role("heading", level=1)).to_contain_text("Review")
    fits()
    batch.store.change_batch(ID, expires_on="2040-01-01T00:00:00Z")
    opened.get_by_role("button", name="Confirm").click()
    expect(opened.get_by_role("heading", level=1)).to_contain_text("This batch changed while you were editing")
    fits()
    opened.get_by_role("link", name="Changes", exact=True).click()
    fits()
    opened.locator(".entry-said a").first.click()
    fits()


def test_the_api_dies_after_taking_the_write(opened, batch):
    batch.faults.add(faults.reset(applied=True), method="PUT")
    opened.get_by_role("button", name="Pause").click()
    expect(outcome(opened)).to_contain_text("Paused. Confirmed by Syllable at")
    assert len(batch.requests.of("PUT")) == 1


def test_the_api_acknowledges_and_ignores(opened, batch, accessible):
    batch.faults.add(faults.ignore(), method="PUT", times=None)
    opened.get_by_role("button", name="Pause").click()
    expect(outcome(opened)).to_have_attribute("data-outcome", "unconfirmed")
    expect(outcome(opened)).to_contain_text("last seen ACTIVE")
    expect(opened.get_by_role("link", name="1 not confirmed")).to_be_visible()
    accessible()
    batch.store.change_batch(ID, status="PAUSED")
    outcome(opened).get_by_role("button", name="Check again").click()
    expect(outcome(opened)).to_have_attribute("data-outcome", "applied")


def test_one_click_pause_then_undo(opened, batch, page, base_url):
    page.goto(f"{base_url}/batches/?status=ACTIVE")
    page.get_by_role("row", name=re.compile(ID)).get_by_role("button", name=re.compile("Pause")).click()
    expect(outcome(page)).to_contain_text("Paused. Confirmed by Syllable at")
    expect(page).to_have_url(re.compile(r"/batches/\?status=ACTIVE"))
    assert batch.batch(ID)["status"] == "PAUSED"
    outcome(page).get_by_role("button", name="Undo").click()
    expect(outcome(page)).to_contain_text("Resumed. Confirmed by Syllable at")
    assert batch.batch(ID)["status"] == "ACTIVE"
    assert Change.objects.count() == 2


def test_an_api_that_is_down_keeps_what_was_typed(opened, batch):
    opened.get_by_label("Status").select_option("CANCELED")
    opened.get_by_label("Reason for canceling").fill("Wrong list uploaded")
    opened.get_by_role("button", name="Review changes").click()
    batch.faults.add(faults.answer(503), times=None)
    opened.get_by_role("button", name="Cancel this batch").click()
    expect(outcome(opened)).to_have_attribute("data-outcome", "not_sent")
    expect(opened.get_by_label("Reason for canceling")).to_have_value("Wrong list uploaded")


def test_the_form_works_without_javascript(batch, operator, browser, base_url):
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = context.new_page()
    page.goto("/")
    page.fill("[name=login]", operator.email)
    page.fill("[name=password]", "correct horse battery staple")
    page.click("button[type=submit]:has-text('Log in')")
    page.goto(f"/batches/{ID}/")
    page.get_by_label("Status").select_option("CANCELED")
    page.get_by_label("Reason for canceling").fill("Wrong list")
    page.get_by_role("button", name="Review changes").click()
    page.get_by_role("button", name="Cancel this batch").click()
    expect(outcome(page)).to_contain_text("Canceled. Confirmed")
    context.close()


def test_the_form_works_by_keyboard(opened, batch):
    opened.get_by_label("Status").focus()
    opened.keyboard.type("PAUSED")
    opened.keyboard.press("Enter")
    opened.get_by_role("button", name="Review changes").focus()
    opened.keyboard.press("Enter")
    expect(opened.get_by_role("heading", level=1)).to_contain_text("Review")
    expect(opened.get_by_role("button", name="Confirm")).to_be_focused()
    opened.keyboard.press("Enter")
    expect(outcome(opened)).to_contain_text("Paused. Confirmed")
