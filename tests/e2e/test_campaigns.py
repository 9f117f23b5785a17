"""The campaigns in a browser: from all of them to one, and to what its batches do."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from batches.models import Change, Outcome
from sandbox import faults
from syllable.schemas import BatchEdit

LONG_NAME = "Vaccination: invitation of everyone over sixty who has no appointment yet " + "x" * 60


@pytest.fixture
def opened(sandbox, settings, log_in, operator, page, base_url):
    """Open the list of three campaigns for the operator, with a clock that the test moves."""
    settings.SYLLABLE_TIMEOUT = 3.0
    soon = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    for name in ("Appointment reminders", LONG_NAME, "Fresh"):
        sandbox.store.add_campaign(campaign_name=name, timezone="America/Argentina/ComodRivadavia")
    for campaign in (1, 2):
        for number, status in enumerate(("ACTIVE", "PAUSED", "PENDING", "IDLE", "EXPIRED", "CANCELED", "THROTTLED")):
            batch_id = f"2025011{campaign}.{number}"
            sandbox.store.add_batch(batch_id, campaign_id=campaign, status=status, requests=3, expires_on=soon)
    page.clock.install()
    log_in(operator)
    page.get_by_role("link", name="Campaigns").click()
    return page


def test_from_all_campaigns_to_one_and_back_after_a_click(opened, base_url, accessible):
    expect(opened.get_by_role("table", name="Campaigns").locator("tbody tr")).to_have_count(3)
    accessible()

    opened.get_by_role("link", name="Appointment reminders").click()
    expect(opened).to_have_url(f"{base_url}/campaigns/1/")
    accessible()

    opened.get_by_role("button", name="Pause 20250111.0").click()
    expect(opened.locator("[data-outcome=applied]")).to_be_visible()
    expect(opened).to_have_url(f"{base_url}/campaigns/1/")
    expect(opened.get_by_role("button", name="Resume 20250111.0")).to_be_visible()
    accessible()
    opened.reload()
    expect(opened.get_by_role("region", name="History")).to_contain_text("20250111.0")
    accessible()

    opened.get_by_role("link", name="PAUSED 2").click()
    expect(opened).to_have_url(f"{base_url}/batches/?status=PAUSED&campaign=1")
    opened.get_by_role("link", name="Open campaign").click()
    expect(opened).to_have_url(f"{base_url}/campaigns/1/")


def test_the_batches_of_a_campaign_refresh_themselves(opened, sandbox):
    opened.get_by_role("link", name="Appointment reminders").click()
    sandbox.store.change_batch("20250111.0", status="PAUSED")
    opened.clock.run_for(11_000)
    expect(opened.get_by_role("button", name="Resume 20250111.0")).to_be_visible()

    sandbox.faults.add(faults.answer(401), times=None)
    opened.clock.run_for(11_000)
    expect(opened.locator("#list-notice")).to_contain_text("Syllable refused the API key.")


@pytest.mark.parametrize("path", ["/campaigns/", "/campaigns/2/", "/campaigns/7/"])
def test_nothing_is_wider_than_the_screen(opened, base_url, accessible, path):
    Change.objects.create(batch_id="b", outcome=Outcome.UNCONFIRMED, edit=BatchEdit(), deadline_at=datetime.now(UTC))
    opened.goto(base_url + path)
    for width in (320, 390, 768, 1024):
        opened.set_viewport_size({"width": width, "height": 844})
        assert opened.evaluate("document.documentElement.scrollWidth") == width
        expect(opened.get_by_role("link", name="1 not confirmed")).to_be_in_viewport(ratio=1)
    opened.set_viewport_size({"width": 390, "height": 844})
    accessible()


def test_what_cannot_be_read_is_told_and_can_be_tried_again(opened, sandbox, base_url, accessible):
    sandbox.faults.add(faults.answer(401), times=None)
    opened.goto(f"{base_url}/campaigns/1/")
    expect(opened.get_by_text("The campaign could not be read")).to_be_visible()
    accessible()
    sandbox.faults.clear()
    opened.get_by_role("link", name="Try again").click()
    expect(opened.get_by_text("Contact hours")).to_be_visible()
