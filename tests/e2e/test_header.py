"""The header in a browser: the stop has one place, whatever else there is to say."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from batches.models import Change, Kind, Operation, Outcome, State
from syllable.schemas import BatchEdit, BatchStatus
from tests.batches.services.factories import start

pytestmark = pytest.mark.django_db(transaction=True)
WIDTHS = (320, 360, 390, 600, 768, 900, 1024, 1200, 1279, 1280, 1366, 1440, 1920)


@pytest.fixture
def opened(sandbox, log_in, operator, page, base_url):
    sandbox.store.add_campaign(id=7, campaign_name="Flu shots")
    for number in range(25):
        sandbox.store.add_batch(f"flu-{number:02}", campaign_id=7, status="ACTIVE")
    log_in(operator)
    page.goto(f"{base_url}/batches/")
    return page


def stop(page):
    return page.get_by_role("button", name="Stop everything")


def places(page):
    """Return where the stop is at each width."""
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, width
        expect(stop(page)).to_be_in_viewport(ratio=1)
        found[width] = stop(page).bounding_box()
    return found


def want_attention(operator):
    """Have an operation run, another one ask, and several changes that are not confirmed."""
    start(Kind.PAUSE, operator, campaign_name="Flu shots")
    Operation.objects.update(state=State.RUNNING, started_at=timezone.now())
    asking = start(Kind.RESUME, operator, campaign_id=8)
    Operation.objects.filter(pk=asking.pk).update(state=State.ASKING)
    for number in range(12):
        Change.objects.create(
            batch_id=f"flu-{number:02}",
            actor=operator,
            actor_email=operator.email,
            origin="click",
            edit=BatchEdit(status=BatchStatus.PAUSED),
            outcome=Outcome.UNCONFIRMED,
            deadline_at=timezone.now(),
        )


def test_with_a_long_name_every_line_keeps_its_place(opened, operator):
    operator.name = "Wolfeschlegelsteinhausenbergerdorff the Younger"
    operator.save()
    before = places(opened)
    opened.reload()
    assert places(opened) == before
    for width in WIDTHS[4:]:
        opened.set_viewport_size({"width": width, "height": 800})
        assert opened.locator(".app-header").bounding_box()["height"] < 60, width
        assert opened.locator(".app-brand").bounding_box()["height"] < 32, width


def test_the_stop_stays_in_its_place_with_every_badge(opened, operator, accessible):
    before = places(opened)

    want_attention(operator)
    opened.reload()

    assert places(opened) == before
    for width in WIDTHS:
        opened.set_viewport_size({"width": width, "height": 800})
        for words in ("1 running", "1 waiting for you", "12 not confirmed"):
            expect(opened.get_by_role("link", name=words)).to_be_in_viewport(ratio=1)
            expect(opened.get_by_text(words.partition(" ")[2], exact=True)).to_be_in_viewport(ratio=1)
    accessible()
    opened.set_viewport_size({"width": 390, "height": 800})
    accessible()


@pytest.mark.parametrize("width", [320, 390, 1366])
def test_the_stop_never_scrolls_away(opened, width):
    opened.set_viewport_size({"width": width, "height": 800})
    before = stop(opened).bounding_box()

    opened.evaluate("scrollTo(0, 500)")

    assert stop(opened).bounding_box() == before
    stop(opened).click()
    expect(opened.get_by_role("heading", level=1)).to_have_text("Stop everything")


def test_the_title_of_its_tab_says_that_an_operation_ended(opened, operator, page, base_url):
    operation = start(Kind.PAUSE, operator, campaign_name="Flu shots")
    page.goto(f"{base_url}/operations/{operation.pk}/")
    assert "Ended" not in page.title()

    Operation.objects.update(state=State.FINISHED, finished_at=timezone.now(), listed_at=timezone.now())

    expect(page).to_have_title(re.compile("^Ended: "))
