"""Operations in a browser, with a worker that carries them out: started, watched, taken back, and stopped."""

import re
import threading

import pytest
from django.core.cache import caches
from django.db import connections
from django_tasks_db.management.commands.db_worker import Worker
from playwright.sync_api import expect

from sandbox import faults
from tests.e2e.conftest import PASSWORD

pytestmark = pytest.mark.parametrize("contract", ["2025-04", "current"])


class WorkerThread(threading.Thread):
    """`manage.py db_worker` for both queues, as a thread that a test can end."""

    def __init__(self):
        super().__init__(daemon=True)
        self.worker = Worker(
            queue_names=["*"],
            interval=0.05,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id="worker-for-tests",
            excluded_queue_names=[],
        )

    def run(self):
        try:
            self.worker.run()
        finally:
            connections.close_all()

    def end(self):
        self.worker.running = False
        self.join()


@pytest.fixture
def worker(transactional_db):
    """Provide a worker that a test starts when it wants one."""
    thread = WorkerThread()
    yield thread
    if thread.ident:
        thread.end()


@pytest.fixture
def campaign(sandbox):
    """Provide campaign 7 with twelve running batches and one that somebody paused, and a batch of another campaign."""
    sandbox.store.add_campaign(id=7, campaign_name="Flu shots")
    sandbox.store.add_campaign(id=8, campaign_name="Surveys")
    for number in range(12):
        sandbox.store.add_batch(f"flu-{number:02}", campaign_id=7, status="ACTIVE", requests=3)
    sandbox.store.add_batch("flu-paused", campaign_id=7, status="PAUSED", requests=3)
    sandbox.store.add_batch("survey", campaign_id=8, status="ACTIVE")
    return sandbox


@pytest.fixture
def opened(campaign, log_in, operator, page, base_url):
    """Open the list of batches for the operator."""
    log_in(operator)
    page.goto(f"{base_url}/batches/")
    return page


def statuses(campaign, *batch_ids):
    return {campaign.batch(batch_id)["status"] for batch_id in batch_ids}


FLU = [f"flu-{number:02}" for number in range(12)]


def open_campaign(page):
    page.get_by_role("link", name="Campaigns", exact=True).click()
    page.get_by_role("link", name="Flu shots").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Flu shots")


def test_pause_a_campaign_watch_it_and_resume_exactly_those(opened, campaign, worker, accessible):
    open_campaign(opened)
    opened.get_by_role("button", name="Pause…").first.click()
    expect(opened.get_by_text("12 batches will be paused.")).to_be_visible()
    expect(opened.get_by_text("1 already paused")).to_be_visible()
    accessible()
    assert not campaign.requests.of("PUT")

    opened.get_by_role("button", name="Pause 12 batches").click()
    expect(opened.get_by_text("Waiting for a worker.")).to_be_visible()
    expect(opened.get_by_role("link", name="1 running")).to_be_visible()
    accessible()
    campaign.latency = 0.2
    worker.start()
    bar = opened.get_by_role("progressbar", name="Batches confirmed")
    expect(bar).to_be_visible()
    expect(opened.get_by_role("status").filter(has_text="Paused 12 of 12 batches.")).to_be_visible()
    expect(opened.get_by_role("link", name="1 running")).to_be_hidden()
    accessible()
    assert statuses(campaign, *FLU) == {"PAUSED"}
    assert statuses(campaign, "survey") == {"ACTIVE"}

    open_campaign(opened)
    opened.get_by_role("button", name="Resume…").first.click()
    expect(opened.get_by_text("This contacts people")).to_be_visible()
    expect(opened.get_by_text("1 batch will stay paused")).to_be_visible()
    accessible()
    opened.get_by_role("button", name="Resume 12 batches").click()
    expect(opened.get_by_role("status").filter(has_text="Resumed 12 of 12 batches.")).to_be_visible()
    # Each contract has its own word for a batch that goes on.
    assert statuses(campaign, *FLU) in ({"ACTIVE"}, {"PENDING"})
    assert statuses(campaign, "flu-paused") == {"PAUSED"}

    opened.get_by_role("link", name="Operations", exact=True).first.click()
    expect(opened.locator("tbody tr")).to_have_count(2)
    accessible()


def test_pause_all_that_a_filter_finds_and_take_it_back(opened, campaign, worker, accessible):
    worker.start()
    opened.get_by_label("Campaign").select_option(label="Flu shots")
    expect(opened.locator("tbody tr")).to_have_count(13)
    opened.get_by_role("checkbox", name="Select flu-01").check()
    opened.get_by_role("button", name="Select all 13 that match").click()
    opened.get_by_role("button", name="Pause…").click()
    opened.get_by_role("button", name="Pause 12 batches").click()
    expect(opened.get_by_role("status").filter(has_text="Paused 12 of 12 batches.")).to_be_visible()
    opened.get_by_role("button", name="Resume these batches").click()
    expect(opened.get_by_text("This contacts people")).to_be_visible()
    accessible()
    opened.get_by_role("button", name="Resume these batches").click()
    expect(opened.get_by_role("status").filter(has_text="Resumed 12 of 12 batches.")).to_be_visible()


def test_everything_stops_with_two_clicks_from_any_page(opened, campaign, worker):
    worker.start()
    opened.get_by_role("button", name="Stop everything").click()
    opened.get_by_role("button", name="Stop everything now").click()
    expect(opened.get_by_role("status").filter(has_text="Paused 13 of 13 batches.")).to_be_visible()
    assert statuses(campaign, "survey", *FLU) == {"PAUSED"}


def test_selected_rows_are_canceled_with_a_reason_and_their_number(opened, campaign, worker, accessible):
    worker.start()
    opened.get_by_role("checkbox", name="Select flu-01").check()
    opened.get_by_role("checkbox", name="Select flu-02").check()
    expect(opened.get_by_text("2 selected")).to_be_visible()
    opened.get_by_role("button", name="Cancel…").click()
    opened.get_by_label("Reason for canceling").fill("Wrong list")
    opened.get_by_role("button", name="Cancel 2 batches for good").click()
    expect(opened.get_by_text("Type exactly this")).to_be_visible()
    expect(opened.get_by_label("Reason for canceling")).to_have_value("Wrong list")
    accessible()
    opened.get_by_label("Type 2 to confirm").fill("2")
    opened.get_by_role("button", name="Cancel 2 batches for good").click()
    expect(opened.get_by_role("status").filter(has_text="Canceled 2 of 2 batches.")).to_be_visible()
    assert statuses(campaign, "flu-01", "flu-02") == {"CANCELED"}
    assert statuses(campaign, "flu-03") == {"ACTIVE"}


def test_the_list_keeps_what_is_selected_while_time_passes(campaign, log_in, operator, page, base_url):
    page.clock.install()
    log_in(operator)
    page.goto(f"{base_url}/batches/")
    page.get_by_role("checkbox", name="Select flu-03").check()
    page.mouse.move(5, 5)
    campaign.store.change_batch("flu-03", status="PAUSED")
    # What the server keeps for a moment is by a clock that the page's does not move.
    caches["local"].clear()
    page.clock.run_for(12_000)
    expect(page.get_by_role("row", name="flu-03")).to_contain_text("PAUSED")
    expect(page.get_by_role("checkbox", name="Select flu-03")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Select flu-03")).to_be_focused()
    page.get_by_role("checkbox", name="All on this page").check()
    expect(page.get_by_text("14 selected")).to_be_visible()


def test_an_emergency_stop_is_aborted_only_after_a_question_that_says_what_goes_on(opened, campaign, accessible):
    opened.get_by_role("button", name="Stop everything").click()
    opened.get_by_role("button", name="Stop everything now").click()
    expect(opened.get_by_text("Nothing paused yet. Batches keep running.")).to_be_visible()
    accessible()
    opened.get_by_role("button", name="Stop everything").click()
    expect(opened.get_by_text("This operation is already stopping everything.")).to_be_visible()
    opened.get_by_role("button", name="Abort…").click()
    expect(opened.get_by_text("Every running batch keeps running")).to_be_visible()
    expect(opened.get_by_role("link", name="Keep pausing")).to_be_focused()
    accessible()
    opened.keyboard.press("Enter")
    opened.get_by_role("button", name="Abort…").click()
    opened.get_by_role("button", name="Abort", exact=True).click()
    expect(opened.get_by_text("The operation ended early. Batches keep running.")).to_be_visible()
    expect(opened.get_by_text("Aborted by operator@example.com")).to_be_visible()
    accessible()


def test_a_resume_is_stopped_with_one_click_and_what_it_resumed_is_paused(opened, campaign, worker, accessible):
    worker.start()
    open_campaign(opened)
    opened.get_by_role("button", name="Pause…").first.click()
    opened.get_by_role("button", name="Pause 12 batches").click()
    expect(opened.get_by_role("status").filter(has_text="Paused 12 of 12 batches.")).to_be_visible()
    # Some writes land, and all later ones are held until calling is stopped.
    may_go = threading.Event()
    campaign.before(lambda request: may_go.wait(60), method="PUT", path="flu-(0[6-9]|1.)$", times=None)
    opened.get_by_role("button", name="Resume these batches").click()
    opened.get_by_role("button", name="Resume these batches").click()
    expect(opened.get_by_text(re.compile(r"[1-9] resumed"))).to_be_visible()
    accessible()
    answers = []
    opened.route("**/stop-calling/", lambda route: answers.append((route, route.fetch(max_redirects=0))))
    # The page finds itself out of date before the answer to the click has come, and leads where that does all the same.
    with opened.expect_response(lambda response: "hx-refresh" in response.headers):
        opened.get_by_role("button", name="Stop and pause").click(no_wait_after=True)
    [(route, answer)] = answers
    route.fulfill(response=answer)
    expect(opened.get_by_role("heading", level=1)).to_contain_text("pause batches")
    may_go.set()
    expect(opened.get_by_role("status").filter(has_text=re.compile(r"Paused \d+ of \d+ batches"))).to_be_visible(
        timeout=60_000
    )
    assert statuses(campaign, *FLU) == {"PAUSED"}


def test_what_a_pause_did_not_get_is_paused_one_by_one(opened, campaign, worker, accessible):
    fault = faults.answer(400, {"detail": "not this one"})
    campaign.faults.add(fault, method="PUT", path="flu-0[12]$", times=2)
    worker.start()
    open_campaign(opened)
    opened.get_by_role("button", name="Pause…").first.click()
    opened.get_by_role("button", name="Pause 12 batches").click()
    expect(opened.get_by_role("alert").filter(has_text="10 paused. 2 are probably still running.")).to_be_visible()
    expect(opened.locator("[data-state=finished]")).to_have_attribute("data-failed", "2")
    accessible()
    opened.get_by_role("button", name="Pause flu-01").click()
    expect(opened.locator("[data-outcome=applied]")).to_be_visible()
    expect(opened.get_by_role("alert").filter(has_text="1 is probably still running.")).to_be_visible()
    assert statuses(campaign, "flu-01") == {"PAUSED"}


def test_everything_works_without_javascript(campaign, operator, browser, base_url, worker):
    worker.start()
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = context.new_page()
    page.goto("/")
    page.fill("[name=login]", operator.email)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]:has-text('Log in')")
    page.goto("/batches/")
    page.get_by_role("checkbox", name="Select flu-04").check()
    page.get_by_role("button", name="Pause…").click()
    page.get_by_role("button", name="Pause 1 batch").click()
    # It loads itself anew until it is over.
    expect(page.get_by_text("Paused 1 of 1 batch.")).to_be_visible()
    assert statuses(campaign, "flu-04") == {"PAUSED"}
    context.close()


def test_nothing_is_wider_than_a_phone(opened, campaign, worker):
    def fits():
        opened.wait_for_load_state()
        assert opened.evaluate("document.documentElement.scrollWidth") <= 390, opened.url

    opened.set_viewport_size({"width": 390, "height": 844})
    opened.get_by_role("checkbox", name="Select flu-01").check()
    fits()
    opened.get_by_role("button", name="Select all 14 that match").click()
    fits()
    opened.get_by_role("button", name="Cancel…").click()
    fits()
    opened.get_by_label("Type 14 to confirm").fill("14")
    opened.get_by_label("Reason for canceling").fill("x" * 200)
    opened.get_by_role("button", name=re.compile("for good")).click()
    expect(opened.get_by_text("Waiting for a worker.")).to_be_visible()
    fits()
    worker.start()
    expect(opened.get_by_text("Canceled 14 of 14 batches.")).to_be_visible()
    fits()
    opened.get_by_role("link", name="Operations", exact=True).first.click()
    fits()
