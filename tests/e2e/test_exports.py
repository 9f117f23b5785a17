"""A long file of the trail in a browser: asked for, waited for, and parsed."""

import json

import pytest
from playwright.sync_api import expect

from batches.models import TrailExport
from batches.selectors import trail_export
from batches.tasks import make_export
from tests.batches.services.exports.files import added
from trail.models import Action, Entry

WIDTHS = (320, 390, 768, 1366)


@pytest.fixture
def opened(exports_folder, monkeypatch, sandbox, log_in, operator, page, base_url):
    monkeypatch.setattr(trail_export, "MOST_STREAMED", 3)
    added(operator, 60)
    added(operator, 9, campaign_id=4)
    log_in(operator)
    page.goto(f"{base_url}/changes/?campaign=3")
    return page


def ask(page):
    page.get_by_text("Download", exact=True).click()
    page.get_by_role("link", name="JSON Lines").click()


def fits(page):
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == width
    page.set_viewport_size({"width": 1440, "height": 900})


def test_a_long_file_is_asked_for_waited_for_and_parsed(opened, accessible):
    ask(opened)
    expect(opened.locator("[data-state=waiting]")).to_contain_text("Waiting for a worker.")
    accessible()
    fits(opened)
    TrailExport.objects.update(state="running", rows=40)
    expect(opened.locator("[data-state=running]")).to_contain_text("40 entries so far.")
    TrailExport.objects.update(state="waiting", rows=0)

    make_export.call(TrailExport.objects.get().pk)

    expect(opened.locator("[data-state=ready]")).to_contain_text("Ready. 60 entries.")
    expect(opened).to_have_title(f"Export {TrailExport.objects.get().pk}: Ready · Outbound Dashboard")
    accessible()
    fits(opened)
    with opened.expect_download() as download:
        opened.get_by_role("link", name="Download JSON Lines").click()
    assert download.value.suggested_filename.endswith("Z-campaign-3.jsonl")
    lines = [json.loads(line) for line in download.value.path().read_text(encoding="utf-8").splitlines()]
    assert [line["batch_id"] for line in lines] == [f"b{number}" for number in _newest_first(60)]
    assert Entry.objects.filter(action=Action.EXPORTED).count() == 1


def test_the_list_of_them_is_reached_from_the_trail(opened, accessible, base_url):
    ask(opened)
    expect(opened.locator("[data-state=waiting]")).to_be_visible()
    opened.goto(f"{base_url}/changes/")
    opened.get_by_role("link", name="Exports").click()
    expect(opened.locator("[data-export]")).to_have_count(1)
    accessible()
    fits(opened)
    opened.get_by_role("link", name="Campaign: 3").click()
    expect(opened.locator("[data-state=waiting]")).to_be_visible()
    opened.get_by_role("link", name="Show these changes").click()
    expect(opened.get_by_label("Campaign", exact=True)).to_have_value("3")


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_scripts_the_page_refreshes_itself(opened):
    opened.goto(opened.url.replace("/changes/?", "/changes/export/?format=jsonl&"))
    expect(opened.locator("[data-state=waiting]")).to_be_visible()
    make_export.call(TrailExport.objects.get().pk)
    expect(opened.locator("[data-state=ready]")).to_be_visible()


def _newest_first(count):
    """Return the numbers of `added` in the order of the trail: three share a moment, of which the last comes first."""
    return sorted(range(count), key=lambda number: (number // 3, -number))
