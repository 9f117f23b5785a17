"""The status page in a browser: it follows what happens, and says when it cannot."""

import os
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from batches.models import WatchState
from common.models import Process
from tests.batches.sightings import sighting_add
from tests.heartbeats import grow_old, heartbeat_add

SIZES = {320: 640, 390: 844, 1366: 768, 1440: 900}
# A folder for pictures of the page, where somebody wants to look at them.
PICTURES = os.environ.get("PICTURES")


@pytest.fixture
def trouble(settings, sandbox):
    """Set up an installation in which much fails."""
    settings.WATCH_INTERVAL = 30
    sighting_add("a", raw={"batch_id": "a", "paused": False, "status": "ACTIVE"})
    WatchState.objects.create(pk=1, looked_at=timezone.now(), failing_since=timezone.now(), problem="unavailable")
    heartbeat_add(Process.WEB, readings={"api_accepted_ago": 50.0, "api_silent_for": 40.0}, calls={"too_busy": 1234})
    heartbeat_add(Process.WORKER, readings={"api_accepted_ago": 50.0, "api_held_for": 12.0})
    heartbeat_add(Process.STOPPER, ago=100)
    heartbeat_add(Process.SETTLE, readings={"failing_for": 300.0})
    for process in (Process.SWEEP, Process.WATCH, Process.SEAL):
        heartbeat_add(process)


@pytest.fixture
def opened(trouble, log_in, operator, page):
    """Open the page for the operator, with a clock that the test moves."""
    page.clock.install()
    log_in(operator)
    page.get_by_label("Your account").click()
    page.get_by_role("link", name="Status").click()
    return page


def test_it_is_read_at_any_size_and_by_anybody(opened, accessible):
    expect(opened.locator("[data-subject=stopper]")).to_have_attribute("data-state", "fails")
    for width, height in SIZES.items():
        opened.set_viewport_size({"width": width, "height": height})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        accessible()
        for scheme in ("light", "dark") if PICTURES else ():
            opened.evaluate("scheme => document.documentElement.setAttribute('data-bs-theme', scheme)", scheme)
            opened.screenshot(path=Path(PICTURES) / f"status-{width}-{scheme}.png", full_page=True)


def test_it_follows_what_happens_and_says_when_it_cannot(opened):
    # From ahead, so that the process stays alive however long the page takes.
    heartbeat_add(Process.STOPPER, ago=-3600)
    opened.clock.run_for(11_000)
    expect(opened.locator("[data-subject=stopper]")).to_have_attribute("data-state", "works")
    grow_old(60, process=Process.SEAL)
    opened.clock.run_for(11_000)
    expect(opened.locator("[data-subject=seal]")).to_have_attribute("data-finding", "missing")

    opened.route("**/status/", lambda route: route.fulfill(status=503))
    opened.clock.run_for(11_000)
    expect(opened.locator("#status-notice")).to_contain_text("Not refreshed since")

    opened.unroute("**/status/")
    opened.clock.run_for(11_000)
    expect(opened.locator("#status-notice")).to_be_empty()
