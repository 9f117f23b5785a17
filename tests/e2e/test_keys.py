"""Single keys for people under pressure, and where they are off."""

import pytest
from playwright.sync_api import expect

from tests.e2e.test_one_click import toast
from tests.e2e.test_selection import bar, batches, box  # noqa: F401


@pytest.fixture
def opened(batches, log_in, operator, page, base_url):  # noqa: F811
    log_in(operator)
    page.goto(f"{base_url}/batches/")
    return page


def press(page, keys):
    for key in keys.split():
        page.keyboard.press(key)


def focused(page):
    return page.locator(":focus")


def test_the_first_pause_takes_two_strokes(opened, batches):  # noqa: F811
    press(opened, "j p")

    expect(toast(opened)).to_contain_text("Paused. Confirmed by Syllable at")
    assert batches.batch("survey")["status"] == "PAUSED"

    # And the next one goes on from there.
    press(opened, "j p")
    expect(toast(opened)).to_contain_text("flu-27")
    expect(opened.locator("[data-status=PAUSED]")).to_have_count(2)


def test_rows_are_walked_selected_and_paused_together(opened, accessible):
    press(opened, "j j j k")
    expect(focused(opened)).to_have_text("flu-27")
    press(opened, "x j x")
    expect(bar(opened)).to_contain_text("2 selected")
    accessible()

    press(opened, "p")

    expect(opened.get_by_text("2 batches will be paused.")).to_be_visible()


def test_a_batch_is_edited_and_paused_from_its_row_and_its_page(opened, base_url):
    press(opened, "j j e")
    expect(opened).to_have_url(f"{base_url}/batches/flu-27/#editing")
    expect(opened.get_by_label("Status")).to_be_focused()

    opened.get_by_role("link", name="Changes", exact=True).focus()
    press(opened, "p")

    expect(opened.locator("[data-outcome=applied]")).to_contain_text("Paused.")


def test_search_and_campaigns_are_near_from_every_page(opened, base_url):
    press(opened, "/")
    expect(opened.get_by_label("Batch id")).to_be_focused()
    opened.get_by_label("Batch id").blur()
    press(opened, "g c")
    expect(opened).to_have_url(f"{base_url}/campaigns/")
    press(opened, "g b")
    expect(opened).to_have_url(f"{base_url}/batches/")

    opened.goto(f"{base_url}/operations/")
    press(opened, "/")
    expect(opened.get_by_label("Batch id")).to_be_focused()


def test_the_list_of_keys_opens_and_closes(opened, accessible):
    press(opened, "?")
    expect(opened.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Go to the campaigns")
    accessible()
    press(opened, "g c")
    press(opened, "Escape")
    expect(opened.get_by_role("dialog")).to_have_count(0)
    expect(opened.get_by_role("heading", level=1)).to_have_text("Batches")


def test_keys_are_off_in_fields_and_with_others(opened, batches):  # noqa: F811
    press(opened, "j Control+p Alt+p Meta+p")
    opened.get_by_label("Batch id").fill("")
    press(opened, "p x j g c ?")
    expect(opened.get_by_label("Batch id")).to_have_value("pxjgc?")
    opened.get_by_label("Campaign").focus()
    press(opened, "j p")
    assert not batches.requests.of("PUT")
    expect(bar(opened)).to_be_hidden()


def test_a_person_turns_them_off(opened, batches, operator, base_url, accessible):  # noqa: F811
    opened.goto(f"{base_url}/accounts/profile/")
    opened.get_by_role("checkbox", name="Keyboard shortcuts").uncheck()
    accessible()
    opened.get_by_role("button", name="Save").click()
    expect(opened.get_by_text("Settings saved.")).to_be_visible()

    opened.goto(f"{base_url}/batches/")
    press(opened, "j x p ?")

    expect(focused(opened)).to_have_count(0)
    expect(bar(opened)).to_be_hidden()
    assert not batches.requests.of("PUT")
    opened.goto(f"{base_url}/accounts/shortcuts/")
    expect(opened.get_by_text("Your shortcuts are off.")).to_be_visible()
    accessible()
