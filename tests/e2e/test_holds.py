"""A hold in a browser: placed with a pause, told on each page, undone elsewhere, and lifted."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from batches.models import Hold, Kind
from tests.batches.holds import pause_again
from tests.batches.services.factories import carried_out, start

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign(sandbox, settings):
    settings.WATCH_INTERVAL = 15.0
    sandbox.store.add_campaign(campaign_name="Reminders", id=7)
    for batch_id in ("a", "b"):
        sandbox.store.add_batch(batch_id, campaign_id=7, status="ACTIVE", requests=2)
    return sandbox.store


def test_it_is_placed_with_a_pause_and_lifted_with_a_reason(
    page, base_url, campaign, log_in, operator, accessible, look
):
    look()
    log_in(operator)
    page.goto(f"{base_url}/campaigns/7/")
    page.get_by_role("button", name="Pause…").first.click()
    page.get_by_label("Keep these batches paused").check()
    accessible()
    page.get_by_role("button", name="Pause 2 batches").click()
    hold = Hold.objects.get()
    carried_out(hold.operation)
    page.goto(f"{base_url}/campaigns/7/")
    band = page.locator(f"[data-hold='{hold.pk}']")
    expect(band).to_contain_text("Held by Olga Operator since")
    accessible()
    band.get_by_role("link", name="Lift…").click()
    page.get_by_role("button", name="Lift the hold").click()
    expect(page.locator("[data-problem=reason]")).to_be_visible()
    accessible()
    page.get_by_label("Reason for lifting").fill("the list is right")
    page.get_by_role("button", name="Lift the hold").click()
    expect(page.locator("[data-lifted=yes]")).to_be_visible()
    assert campaign.batch("a")["status"] == "PAUSED"
    accessible()


@pytest.mark.parametrize("width", [320, 1440])
def test_a_loud_band_fits_and_offers_to_cancel(
    page, base_url, campaign, log_in, operator, accessible, look, elsewhere, width
):
    look()
    carried_out(start(Kind.PAUSE, operator, keep_paused=True, reason="x" * 300))
    look()
    elsewhere("a", status="ACTIVE")
    look()
    pause_again()
    Hold.objects.update(alarmed_at=timezone.now())
    page.set_viewport_size({"width": width, "height": 900})
    log_in(operator)
    for path in ("/", "/batches/", "/campaigns/7/", "/batches/a/"):
        page.goto(base_url + path)
        expect(page.locator("[data-alarm]")).to_contain_text("1 attempt from outside")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    accessible()
    page.get_by_role("link", name="Cancel these batches…").click()
    expect(page.get_by_role("button", name="Cancel 1 batch…")).to_be_visible()
    accessible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Cancel 1 batch…").click()
    expect(page.get_by_label("Reason for canceling")).to_be_visible()
