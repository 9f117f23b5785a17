"""A pause that goes on although its person was shut out, in a browser: seen, and taken over."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from batches.models import Kind, Operation, State
from tests.batches.services.factories import start
from tests.conftest import member_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [320, 1440])
def test_it_says_whose_it_was_and_is_taken_over(page, base_url, sandbox, log_in, operator, accessible, width):
    gone = member_of("Operators", f"{'a-very-long-name-' * 3}@example.com")
    pause = start(Kind.PAUSE, gone, campaign_name="Flu shots")
    Operation.objects.update(state=State.RUNNING, started_at=timezone.now(), unattended_since=timezone.now())
    page.set_viewport_size({"width": width, "height": 900})
    log_in(operator)
    page.goto(f"{base_url}/operations/{pause.pk}/")
    expect(page.get_by_text("can no longer do this")).to_be_visible()
    accessible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_role("button", name="Take over").click()

    expect(page.get_by_text("can no longer do this")).to_be_hidden()
    taken_over = page.locator("[data-action=operation_taken_over]")
    expect(taken_over).to_have_attribute("data-actor", "operator@example.com")
    expect(page.locator("[data-state]")).to_have_attribute("data-state", "running")
    accessible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
