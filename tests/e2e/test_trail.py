"""The trail in a browser: asked, opened, taken along, and undone from."""

import csv
from datetime import timedelta
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from batches.models import Kind
from batches.services.changes.update import batch_edit, batch_pause
from sandbox import faults
from syllable.schemas import BatchEdit, BatchStatus
from tests.batches.services.factories import carried_out, start
from tests.conftest import member_of
from tests.e2e.conftest import PASSWORD
from trail.models import Action
from trail.services import entry_add

BATCHES = 5


@pytest.fixture
def anna(transactional_db):
    return member_of("Operators", "anna@example.com", password=PASSWORD, name="Anna")


@pytest.fixture
def history(sandbox, operator, anna):
    """Make a past: a paused campaign, a cancellation, a rejected and an unconfirmed change."""
    sandbox.store.add_campaign(id=3, campaign_name="Appointment reminders")
    sandbox.store.add_campaign(id=4, campaign_name="Flu shots")
    for number in range(BATCHES):
        sandbox.store.add_batch(f"20261123.{number}", campaign_id=3, status="ACTIVE")
    for name in ("b1", "b2", "b3"):
        sandbox.store.add_batch(name, campaign_id=4, status="ACTIVE")
    operation = start(Kind.PAUSE, anna, campaign_id=3, campaign_name="Appointment reminders")
    carried_out(operation)
    edit = BatchEdit(status=BatchStatus.CANCELED, deleted_reason="Wrong list")
    batch_edit(batch_id="b1", edit=edit, actor=operator, loaded={})
    sandbox.faults.add(faults.answer(422), method="PUT")
    batch_pause(batch_id="b2", actor=operator)
    fault = sandbox.faults.add(faults.ignore(), method="PUT", times=None)
    batch_pause(batch_id="b3", actor=anna)
    fault.times = 0
    return operation


@pytest.fixture
def yesterday(anna):
    """Make what Anna did yesterday: something in the morning, and something in the afternoon, to campaigns 3 and 4."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)

    def made(hour, campaign_id, reason):
        at = midnight - timedelta(days=1) + timedelta(hours=hour)
        about = {"campaign_id": campaign_id, "batch_id": "20261122.1", "change_id": hour * 100 + campaign_id}
        entry_add(
            Action.CHANGE_ENDED,
            actor=anna,
            at=at,
            kind="pause",
            outcome="applied",
            origin="click",
            reason=reason,
            **about,
        )

    for hour, campaign_id, reason in ((9, 3, "morning"), (15, 3, "afternoon"), (15, 4, "another campaign")):
        made(hour, campaign_id, reason)


@pytest.fixture
def opened(history, log_in, operator, page, base_url):
    log_in(operator)
    page.goto(f"{base_url}/changes/")
    return page


def entries(page):
    return page.locator(".timeline > .entry")


def query(page):
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_what_did_anna_do_yesterday_afternoon_to_campaign_3_takes_three_choices(yesterday, opened, accessible):
    opened.get_by_label("Person").select_option("anna@example.com")
    opened.get_by_label("Campaign").select_option("3")
    opened.get_by_label("When").select_option("Yesterday afternoon")
    expect(entries(opened)).to_have_count(1)
    expect(entries(opened)).to_contain_text("“afternoon”")
    assert query(opened) == {"who": "anna@example.com", "campaign": "3", "when": "yesterday-afternoon"}
    accessible()

    opened.get_by_role("link", name="Remove When").click()
    expect(opened.get_by_text("“morning”")).to_be_visible()
    assert query(opened) == {"who": "anna@example.com", "campaign": "3"}


def test_the_same_question_typed(yesterday, opened):
    opened.get_by_label("Search").fill("who:anna campaign:3 when:yesterday-afternoon")
    opened.keyboard.press("Enter")
    expect(entries(opened)).to_have_count(1)
    expect(entries(opened)).to_contain_text("“afternoon”")

    opened.get_by_label("Search").fill("who:anna colour:red")
    opened.keyboard.press("Enter")
    expect(opened.get_by_role("alert")).to_contain_text("colour: cannot be searched.")
    expect(opened.get_by_label("Search")).to_have_value("who:anna colour:red")


def test_an_operation_is_one_line_that_opens_in_place(opened, history, accessible):
    line = opened.locator(f'[data-operation="{history.pk}"]')
    expect(line).to_have_count(1)
    expect(line).to_contain_text(f"paused {BATCHES} batches of Appointment reminders")
    expect(line).to_contain_text(f"{BATCHES} applied")
    line.get_by_text("Show its changes").click()
    expect(line.locator(".entry")).to_have_count(BATCHES)
    expect(line.locator(".entry").first).to_contain_text("ACTIVE")
    accessible()
    for width in (320, 390, 768, 1024):
        opened.set_viewport_size({"width": width, "height": 844})
        assert opened.evaluate("document.documentElement.scrollWidth") == width


def test_it_is_taken_along_as_it_is_filtered(opened):
    opened.get_by_role("link", name="Cancellations").click()
    opened.get_by_text("Download", exact=True).click()
    with opened.expect_download() as download:
        opened.get_by_role("link", name="CSV").click()
    name = download.value.suggested_filename
    assert name.startswith("trail-")
    assert name.endswith("Z-action-cancel.csv")
    rows = list(csv.DictReader(StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert [(row["batch_id"], row["reason"], row["outcome"]) for row in rows] == [("b1", "Wrong list", "applied")]


def test_undo_from_a_filtered_trail_leads_back_to_it(opened, history, sandbox, base_url):
    opened.goto(f"{base_url}/changes/?operation={history.pk}&outcome=applied")
    opened.locator(".entry").first.get_by_role("button", name="Undo").click()
    opened.get_by_role("button", name="Undo the change").click()
    expect(opened.get_by_text("Resumed. Confirmed by Syllable")).to_be_visible()
    assert query(opened).items() >= {"operation": str(history.pk), "outcome": "applied"}.items()
    assert [sandbox.batch(f"20261123.{number}")["status"] for number in range(BATCHES)].count("ACTIVE") == 1


def test_a_change_that_is_not_confirmed_shows_what_was_seen_and_is_checked_again(opened, sandbox, accessible):
    opened.get_by_role("link", name="Not confirmed", exact=True).click()
    expect(entries(opened)).to_have_count(1)
    expect(entries(opened)).to_contain_text("Last seen ACTIVE")
    accessible()
    sandbox.store.change_batch("b3", status="PAUSED")
    opened.get_by_role("button", name="Check change").click()
    expect(opened.get_by_text("Paused. Confirmed by Syllable")).to_be_visible()
    assert query(opened)["unsettled"] == "1"
