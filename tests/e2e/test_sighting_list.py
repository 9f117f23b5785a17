"""Lists and campaigns that are drawn from what the watcher saw, in a browser."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from batches.models import Operation, WatchState
from tests.batches.sightings import campaign_sighting_add, sighting_add, watch_for_good

STATUSES = ("ACTIVE", "IDLE", "PAUSED", "FAILED", "EXPIRED")


@pytest.fixture
def watched(sandbox, settings):
    """Have a watcher that saw forty batches of two campaigns, of which some expire soon and some fail."""
    settings.SYLLABLE_TIMEOUT = 3.0
    now = timezone.now()
    watch_for_good()
    for number in range(40):
        batch_id, status = f"20250117.{number:02}", STATUSES[number % 5]
        # However long a test takes, the same four of those that are not over expire within the hour.
        expires_at = now + timedelta(minutes=9 * number - 55)
        sandbox.store.add_batch(batch_id, campaign_id=1 + number % 2, status=status, requests=3)
        sighting_add(
            batch_id,
            campaign_id=1 + number % 2,
            status=status,
            expires_at=expires_at,
            total=200,
            pending=80,
            under_way=10,
            ended=110,
            failed=90 if number % 10 == 0 else 6,
            ends_from=now + timedelta(minutes=90),
            ends_until=now + timedelta(minutes=150),
            unreached_from=30,
            unreached_until=1200,
            created_at=now - timedelta(hours=number),
        )
    for campaign_id, name in ((1, "Appointment reminders"), (2, "Flu shots")):
        campaign_sighting_add(
            campaign_id,
            name=name,
            batches=20,
            running=8,
            statuses={"ACTIVE": 4, "IDLE": 4, "PAUSED": 4, "FAILED": 4, "EXPIRED": 4},
            total=4000,
            pending=1600,
            under_way=200,
            ended=2200,
            failed=310,
            next_expiry=now + timedelta(minutes=30),
        )
    return sandbox


@pytest.fixture
def opened(watched, log_in, operator, page, base_url):
    """Open an address as the operator, with a clock that the test moves."""
    page.clock.install()
    log_in(operator)

    def opened(path):
        page.goto(base_url + path)
        return page

    return opened


def pass_time(page, seconds):
    page.clock.run_for(seconds * 1000)


def reach(page, name, *, presses=80):
    """Press Tab until the control with this name has the focus."""
    focused = (
        "(element => element.ariaLabel ?? element.labels?.[0]?.innerText ?? element.innerText)(document.activeElement)"
    )
    for _ in range(presses):
        page.keyboard.press("Tab")
        if (page.evaluate(focused) or "").strip() == name:
            return
    pytest.fail(f"Tab does not reach {name}")


def test_a_filter_and_an_operation_over_its_view_by_keyboard(opened, accessible, base_url):
    page = opened("/batches/")

    page.get_by_label("Batch id").focus()
    reach(page, "Expires")
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(f"{base_url}/batches/?expiry=hour")
    expect(page.locator("tbody tr")).to_have_count(4)
    accessible()

    reach(page, "All on this page")
    page.keyboard.press("Space")
    expect(page.get_by_text("4 selected")).to_be_visible()
    reach(page, "Pause…")
    page.keyboard.press("Enter")
    page.wait_for_url("**/operations/")
    expect(page.get_by_role("heading", name="Pause 4 batches")).to_be_visible()
    accessible()
    page.keyboard.press("Enter")

    page.wait_for_url("**/operations/*/")
    items = Operation.objects.get().items.values_list("batch_id", flat=True)
    assert sorted(items) == ["20250117.07", "20250117.10", "20250117.11", "20250117.12"]


def test_several_statuses_are_chosen_together_and_taken_away_one_by_one(opened, accessible, base_url):
    page = opened("/batches/")

    page.get_by_text("More filters").click()
    page.get_by_label("ACTIVE", exact=True).check()
    page.get_by_label("PAUSED", exact=True).check()
    page.get_by_label("Failing now").check()
    accessible()
    page.get_by_role("button", name="Show", exact=True).click()

    expect(page).to_have_url(f"{base_url}/batches/?status=ACTIVE&status=PAUSED&failing=1")
    expect(page.locator("tbody tr")).to_have_count(4)
    accessible()
    page.get_by_role("link", name="Remove Status: PAUSED").click()
    expect(page).to_have_url(f"{base_url}/batches/?status=ACTIVE&failing=1")


def test_a_second_campaign_is_added_to_the_first(opened, base_url):
    page = opened("/batches/?campaign=1&order=-created_at")

    page.get_by_text("More filters").click()
    page.get_by_label("And campaign").select_option("2")

    expect(page).to_have_url(f"{base_url}/batches/?campaign=1&campaign=2&order=-created_at")
    expect(page.get_by_role("row", name="20250117.01")).to_be_visible()
    page.get_by_label("Rows per page").select_option("50")
    expect(page.locator("tbody tr")).to_have_count(40)
    assert page.url == f"{base_url}/batches/?campaign=1&campaign=2&order=-created_at&limit=50"


def test_the_campaigns_refresh_themselves_where_the_reader_is(opened, watched, accessible):
    page = opened("/campaigns/?order=name")
    row = page.get_by_role("row", name="Flu shots")
    expect(row).to_contain_text("1,600 people")
    accessible()

    WatchState.objects.update(failing_since=timezone.now(), problem="unavailable")
    pass_time(page, 11)

    expect(page.locator("[data-watch]")).to_contain_text("The watcher cannot look since")
    expect(page.locator("#list-notice")).to_be_empty()
    accessible()


def test_the_campaigns_are_searched_and_sorted(opened, base_url):
    page = opened("/campaigns/")

    page.get_by_label("Name or id").fill("flu")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(f"{base_url}/campaigns/?q=flu")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Still to reach").click()
    expect(page).to_have_url(f"{base_url}/campaigns/?q=flu&order=-pending")


@pytest.mark.parametrize("path", ["/batches/?expiry=today&status=ACTIVE&status=IDLE", "/campaigns/"])
def test_nothing_is_wider_than_the_screen(opened, accessible, path):
    page = opened(path)
    for width in (320, 390, 768, 1024, 1366, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == width, width
    for width in (1366, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.locator(".list-scroll").evaluate("table => table.scrollWidth - table.clientWidth") == 0, width
    page.set_viewport_size({"width": 390, "height": 844})
    accessible()
