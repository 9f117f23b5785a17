"""One click on a row of the list: that row changes where it is, and a toast says what came of it."""

import threading

import pytest
from playwright.sync_api import expect

from batches.models import Change
from sandbox import faults
from tests.e2e.conftest import PASSWORD

ID = "20250117.09"


@pytest.fixture
def batch(sandbox, settings):
    settings.SYLLABLE_TIMEOUT = 3.0
    campaign = sandbox.store.add_campaign(campaign_name="Appointment reminders")
    for number in range(40):
        sandbox.store.add_batch(f"20250117.{number:02}", campaign_id=campaign, status="ACTIVE", requests=3)
    return sandbox


@pytest.fixture(params=[390, 1366])
def opened(request, batch, log_in, operator, page, base_url):
    """Open the active batches for the operator, scrolled, on a phone and on a laptop."""
    page.set_viewport_size({"width": request.param, "height": 844})
    page.clock.install()
    log_in(operator)
    page.goto(f"{base_url}/batches/?status=ACTIVE&page=2")
    page.evaluate("scrollTo(0, 100)")
    return page


def row(page, batch_id=ID):
    return page.get_by_role("row", name=batch_id)


def toast(page):
    return page.get_by_role("status").filter(has=page.locator(".notice"))


def place(page):
    return page.evaluate("[scrollY, location.href, document.querySelectorAll('tbody tr').length]")


def test_the_row_changes_in_place_and_the_toast_has_the_outcome_and_the_focus(opened, batch, accessible):
    may_go = threading.Event()
    batch.before(lambda request: may_go.wait(60), method="PUT")
    row(opened).scroll_into_view_if_needed()
    before, top = place(opened), row(opened).bounding_box()["y"]

    row(opened).get_by_role("button").click()
    expect(row(opened).get_by_role("button")).to_have_text("Pausing…")
    expect(toast(opened)).to_have_count(0)
    may_go.set()

    expect(toast(opened)).to_contain_text("Paused. Confirmed by Syllable at")
    expect(toast(opened).locator("[data-outcome=applied]")).to_be_visible()
    expect(toast(opened)).to_be_focused()
    expect(row(opened).locator("[data-status]")).to_have_attribute("data-status", "PAUSED")
    expect(row(opened).get_by_role("button", name=f"Resume {ID}")).to_be_visible()
    assert place(opened) == before
    assert row(opened).bounding_box()["y"] == top
    accessible()


def test_it_is_undone_from_the_toast(opened, batch):
    row(opened).get_by_role("button").click()
    toast(opened).get_by_role("button", name="Undo").click()

    expect(toast(opened)).to_contain_text("Resumed. Confirmed by Syllable at")
    expect(row(opened).locator("[data-status]")).to_have_attribute("data-status", "ACTIVE")
    assert batch.batch(ID)["status"] == "ACTIVE"
    assert Change.objects.count() == 2

    # At once again, and without the toast.
    opened.keyboard.press("Escape")
    expect(toast(opened)).to_have_count(0)
    expect(opened.locator(":focus")).to_have_text(ID)
    row(opened).get_by_role("button").click()
    expect(toast(opened)).to_contain_text("Paused. Confirmed by Syllable at")


def test_the_row_stays_until_the_next_refresh(opened, batch):
    row(opened).get_by_role("button").click()
    expect(row(opened).locator("[data-status]")).to_have_attribute("data-status", "PAUSED")

    # A row under the pointer would not be taken away.
    opened.mouse.move(5, 5)
    opened.clock.run_for(12_000)

    expect(row(opened)).to_have_count(0)
    expect(toast(opened)).to_contain_text("Paused. Confirmed by Syllable at")


def test_nothing_is_called_paused_that_is_not_confirmed(opened, batch, accessible):
    batch.faults.add(faults.ignore(), method="PUT", times=None)

    row(opened).get_by_role("button").click()

    expect(toast(opened).locator("[data-outcome=unconfirmed]")).to_contain_text("last seen ACTIVE")
    expect(row(opened).locator("[data-status]")).to_have_attribute("data-status", "ACTIVE")
    expect(opened.get_by_role("link", name="1 not confirmed")).to_be_visible()
    accessible()


def test_a_lost_answer_is_called_unknown(opened, batch, accessible):
    opened.route("**/pause/", lambda route: route.abort())

    row(opened).get_by_role("button").click()

    expect(toast(opened)).to_contain_text("Not known: the dashboard did not answer.")
    expect(toast(opened).get_by_role("link", name=ID)).to_be_visible()
    expect(row(opened).get_by_role("button", name=f"Pause {ID}")).to_be_enabled()
    accessible()


def test_what_has_to_be_asked_is_asked_on_a_page(opened, batch, settings):
    settings.REASON_REQUIRED = ["resume"]
    row(opened).get_by_role("button").click()
    expect(toast(opened)).to_contain_text("Paused.")

    row(opened).get_by_role("button", name=f"Resume {ID}").click()

    expect(opened.get_by_role("heading", level=1)).to_have_text("Why?")
    assert batch.batch(ID)["status"] == "PAUSED"


def test_whoever_is_logged_out_gets_to_the_login(opened, batch):
    opened.context.clear_cookies(name="sessionid")

    row(opened).get_by_role("button").click()

    expect(opened.get_by_label("Password")).to_be_visible()
    assert batch.batch(ID)["status"] == "ACTIVE"


def test_without_javascript_the_next_page_tells(batch, operator, browser, base_url):
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = context.new_page()
    page.goto("/")
    page.fill("[name=login]", operator.email)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]:has-text('Log in')")
    page.goto("/batches/?status=ACTIVE&page=2")

    row(page).get_by_role("button").click()

    expect(page.locator("[data-outcome=applied]")).to_contain_text("Paused. Confirmed by Syllable at")
    context.close()
