"""Many batches at once: the selection lasts, and its bar is there when something is selected."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import PASSWORD


@pytest.fixture
def batches(sandbox, settings):
    settings.SYLLABLE_TIMEOUT = 3.0
    sandbox.store.add_campaign(id=7, campaign_name="Flu shots")
    sandbox.store.add_campaign(id=8, campaign_name="Surveys")
    for number in range(28):
        sandbox.store.add_batch(f"flu-{number:02}", campaign_id=7, status="ACTIVE", requests=3)
    sandbox.store.add_batch("survey", campaign_id=8, status="ACTIVE")
    return sandbox


@pytest.fixture(params=[390, 1366])
def opened(request, batches, log_in, operator, page, base_url):
    """Open the batches of a campaign for the operator, on a phone and on a laptop."""
    page.set_viewport_size({"width": request.param, "height": 844})
    log_in(operator)
    page.goto(f"{base_url}/batches/?campaign=7")
    return page


def box(page, batch_id):
    return page.get_by_role("checkbox", name=f"Select {batch_id}", exact=True)


def bar(page):
    return page.get_by_role("form", name="Many batches at once")


def turn(page, name):
    """Turn the page of the list, from its end: that can be scrolled above the bar."""
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.get_by_role("link", name=name).click()


def test_the_bar_comes_with_the_first_row_and_sticks_to_the_lower_edge(opened, accessible):
    expect(bar(opened)).to_be_hidden()
    box(opened, "flu-20").scroll_into_view_if_needed()
    before = box(opened, "flu-20").bounding_box()

    box(opened, "flu-20").check()

    expect(bar(opened)).to_contain_text("1 selected")
    edge = bar(opened).bounding_box()
    assert edge["y"] + edge["height"] == 844
    assert box(opened, "flu-20").bounding_box() == before
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for deed in ("Pause…", "Resume…", "Set expiry…", "Cancel…"):
        expect(bar(opened).get_by_role("button", name=deed)).to_be_in_viewport(ratio=1)
    accessible()

    bar(opened).get_by_role("button", name="Clear").click()
    expect(bar(opened)).to_be_hidden()
    expect(box(opened, "flu-20")).not_to_be_checked()
    expect(box(opened, "flu-20")).to_be_focused()


def test_the_selection_survives_paging_and_is_sent_whole(opened):
    box(opened, "flu-20").check()
    turn(opened, "Next")
    expect(bar(opened)).to_contain_text("1 selected, 1 not on this page")
    box(opened, "flu-01").check()
    expect(bar(opened)).to_contain_text("2 selected, 1 not on this page")
    turn(opened, "Previous")
    expect(box(opened, "flu-20")).to_be_checked()

    bar(opened).get_by_role("button", name="Pause…").click()

    expect(opened.get_by_text("2 batches will be paused.")).to_be_visible()
    opened.get_by_role("link", name="Go back").click()
    expect(bar(opened)).to_contain_text("2 selected")


def test_a_started_operation_ends_the_selection(opened, base_url):
    box(opened, "flu-20").check()
    bar(opened).get_by_role("button", name="Pause…").click()
    opened.get_by_role("button", name="Pause 1 batch").click()
    opened.wait_for_url("**/operations/*/")

    opened.goto(f"{base_url}/batches/?campaign=7")

    expect(bar(opened)).to_be_hidden()
    expect(box(opened, "flu-20")).not_to_be_checked()


def test_each_view_has_its_own_selection(opened, base_url):
    box(opened, "flu-20").check()
    opened.goto(f"{base_url}/batches/")
    expect(bar(opened)).to_be_hidden()
    expect(box(opened, "flu-20")).not_to_be_checked()

    opened.goto(f"{base_url}/batches/?campaign=7&order=batch_id")
    expect(box(opened, "flu-20")).to_be_checked()


def test_shift_selects_a_range(opened):
    box(opened, "flu-20").check()
    box(opened, "flu-24").click(modifiers=["Shift"])
    expect(bar(opened)).to_contain_text("5 selected")

    box(opened, "flu-22").click(modifiers=["Shift"])
    expect(bar(opened)).to_contain_text("2 selected")


def test_all_that_match_are_selected_on_every_page(opened, accessible):
    box(opened, "flu-20").check()
    bar(opened).get_by_role("button", name="Select all 28 that match").click()
    expect(bar(opened)).to_contain_text("All 28 selected")
    expect(bar(opened).get_by_role("button", name="Pause…")).to_be_focused()
    accessible()
    turn(opened, "Next")
    expect(box(opened, "flu-01")).to_be_checked()

    bar(opened).get_by_role("button", name="Pause…").click()

    expect(opened.get_by_text("28 batches will be paused.")).to_be_visible()


def test_a_row_of_all_that_is_deselected_leaves_those_that_are_seen(opened):
    box(opened, "flu-20").check()
    bar(opened).get_by_role("button", name="Select all 28 that match").click()
    box(opened, "flu-20").uncheck()
    expect(bar(opened)).to_contain_text("24 selected")


def test_without_javascript_nothing_selected_leads_back_to_the_list(batches, operator, browser, base_url):
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    page = context.new_page()
    page.goto("/")
    page.fill("[name=login]", operator.email)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]:has-text('Log in')")
    page.goto("/batches/?campaign=7")

    bar(page).get_by_role("button", name="Pause…").click()

    expect(page.get_by_role("status").filter(has_text="Select the batches, then choose an action.")).to_be_visible()
    expect(page).to_have_url(f"{base_url}/batches/?campaign=7")
    box(page, "flu-20").check()
    bar(page).get_by_role("button", name="Pause…").click()
    expect(page.get_by_text("1 batch will be paused.")).to_be_visible()
    context.close()
