"""The requests of a batch in a browser: searched, read and downloaded."""

import pytest
from playwright.sync_api import expect

from sandbox import faults

ID = "20261123.9"
SUMMARY = "The caller confirmed the appointment and asked where to park. " * 3


@pytest.fixture
def opened(sandbox, settings, log_in, operator, page, base_url):
    """Open the requests of a batch that has 230, for the operator."""
    settings.SYLLABLE_TIMEOUT = 3.0
    done = {"status": "COMPLETED", "channel_manager_status": "COMPLETED", "sent_at": "2026-11-23T14:02:11Z"}
    insights = {"rating": "Good", "summary": SUMMARY, "topics": ["parking", {"when": "tomorrow"}]}
    sandbox.store.add_batch(ID, status="ACTIVE")
    sandbox.store.add_requests(
        ID,
        [
            {"reference_id": f"A-{number}", "target": f"+1512555{number:04}", **done, "insights": insights}
            for number in range(120)
        ],
    )
    sandbox.store.add_requests(ID, [{"reference_id": "no-" + "x" * 120, "channel_manager_status": "NO_ANSWER"}])
    sandbox.store.add_requests(ID, [{"reference_id": f"B-{number}"} for number in range(109)])
    log_in(operator)
    page.goto(f"{base_url}/batches/{ID}/requests/")
    return page


def test_find_read_and_download(opened, accessible):
    expect(opened.locator("tbody tr")).to_have_count(100)
    opened.get_by_role("link", name="Next").click()
    expect(opened.get_by_text("Page 2 of 3")).to_be_visible()

    opened.get_by_role("link", name="COMPLETED 120").click()
    opened.get_by_label("Reference id").fill("a-11")
    opened.get_by_role("button", name="Search").click()
    expect(opened.locator("tbody tr")).to_have_count(11)
    row = opened.get_by_role("row", name="A-113")
    row.locator("summary").click()
    expect(row.get_by_text(SUMMARY.strip())).to_be_visible()
    accessible()

    with opened.expect_download() as download:
        opened.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == f"requests-{ID}.csv"
    assert len(download.value.path().read_text(encoding="utf-8-sig").splitlines()) == 12

    opened.get_by_role("link", name="Refresh").click()
    expect(opened.locator("tbody tr")).to_have_count(11)
    assert opened.url.endswith("/requests/?status=COMPLETED&reference=a-11")


def test_nothing_is_wider_than_the_screen(opened, accessible):
    address = opened.url
    opened.goto(f"{address}?page=2")
    opened.get_by_role("row", name="A-100").locator("summary").click()
    for width in (320, 390, 768, 1024):
        opened.set_viewport_size({"width": width, "height": 844})
        assert opened.evaluate("document.documentElement.scrollWidth") == width
    opened.goto(f"{address}?reference=no")
    opened.set_viewport_size({"width": 390, "height": 844})
    accessible()


def test_a_failure_is_told_and_can_be_tried_again(opened, sandbox, accessible):
    sandbox.faults.add(faults.answer(401))
    opened.get_by_role("link", name="Refresh").click()
    expect(opened.get_by_role("alert")).to_contain_text("Syllable refused the API key")
    accessible()
    opened.get_by_role("link", name="Try again").click()
    expect(opened.locator("tbody tr")).to_have_count(100)
