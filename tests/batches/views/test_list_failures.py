"""The list of batches when Syllable is down, slow, refuses or answers nonsense."""

from threading import Event
from time import monotonic

import pytest

from batches.selectors import batches as selectors
from sandbox import faults
from tests.batches.views.list_page import DASH, LIST, shown, tabs
from tests.html import attributes, in_words

# Seconds for which a busy machine may do nothing at all; far less than Syllable would hang.
STALL = 60

pytestmark = pytest.mark.django_db


@pytest.fixture
def seen(client, viewer, sandbox):
    """Open the list as a viewer and return the response."""
    client.force_login(viewer)
    return lambda **query: client.get(LIST, query)


def test_it_says_when_syllable_is_down(seen, settings):
    settings.SYLLABLE_API_URL = "http://127.0.0.1:1"

    response = seen(status="PAUSED", q="2025")

    html = response.content.decode()
    assert response.status_code == 503
    assert "The batches could not be read Syllable cannot be reached." in in_words(html)
    assert '<a class="btn btn-sm mt-2" href="/batches/?status=PAUSED&amp;q=2025">' in html
    assert 'name="q" value="2025"' in html
    assert attributes(html, '#list-filter [name="status"][checked]', "value") == ["PAUSED"]
    assert set(tabs(html).values()) == {DASH}


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (faults.answer(401), "Syllable refused the API key"),
        (faults.answer(403), "Syllable refused the API key"),
        (faults.answer(422, {"detail": [{"loc": ["query", "page"], "msg": "too odd", "type": "x"}]}), "too odd"),
        (faults.answer(429), "Syllable is limiting how many requests it takes"),
        (faults.answer(500), "Syllable is not answering"),
        (faults.broken_json(), "This dashboard cannot read Syllable's answer"),
        (faults.html(200), "This dashboard cannot read Syllable's answer"),
        (faults.answer(200, {"items": 7}), "This dashboard cannot read Syllable's answer"),
        (faults.redirect("http://127.0.0.1:1/"), "Syllable"),
        (faults.reset(), "Syllable"),
    ],
)
def test_it_says_what_is_wrong_in_words(seen, sandbox, fault, sentence):
    sandbox.faults.add(fault, times=None)

    response = seen()

    html = response.content.decode()
    assert response.status_code == 503
    assert "The batches could not be read" in html
    assert sentence in in_words(html)
    assert "<script>alert" not in html
    assert "Try again" in html


def test_a_slow_syllable_does_not_hold_the_page(seen, sandbox, settings):
    settings.SYLLABLE_TIMEOUT = 0.2
    sandbox.faults.add(faults.hang(), times=None)

    start = monotonic()
    response = seen()

    assert monotonic() - start < 0.2 + STALL
    assert response.status_code == 503
    assert "The batches could not be read" in in_words(response.content.decode())


def test_a_slow_count_costs_only_itself(seen, sandbox, monkeypatch):
    monkeypatch.setattr(selectors, "EXTRAS_SECONDS", 0.1)
    may_go = Event()
    sandbox.store.add_batch("20250117.1", status="PAUSED")
    # The list itself is the only one that asks for an order.
    sandbox.before(lambda request: "order_by" in request.query or may_go.wait(30), path=r"/batches$", times=None)

    response = seen()

    html = response.content.decode()
    assert response.status_code == 200
    assert shown(html) == ["20250117.1"]
    assert tabs(html)["All"] == "1"
    assert tabs(html)["PAUSED"] == DASH


def test_campaigns_are_numbered_when_their_names_cannot_be_read(seen, sandbox):
    campaign = sandbox.store.add_campaign(campaign_name="Flu shots")
    sandbox.store.add_batch("20250117.1", campaign_id=campaign)
    sandbox.faults.add(faults.answer(500), path=r"/campaigns$", times=None)

    response = seen(campaign=campaign)

    html = response.content.decode()
    assert response.status_code == 200
    assert f"20250117.1 Campaign {campaign}" in in_words(html)
    assert f'<option value="{campaign}" selected>Campaign {campaign}</option>' in html


def test_a_refresh_that_fails_gives_the_reason_alone(client, viewer, sandbox):
    client.force_login(viewer)
    sandbox.faults.add(faults.answer(401), times=None)

    response = client.get(LIST, headers={"HX-Request": "true"})

    assert response.status_code == 503
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode().startswith("Syllable refused the API key.")


def test_what_is_known_is_shown_again_as_soon_as_it_can_be_read(seen, sandbox):
    sandbox.store.add_batch("20250117.1", status="PAUSED")
    trigger = sandbox.faults.add(faults.answer(500), times=None)
    assert seen().status_code == 503
    assert trigger.hits

    sandbox.faults.clear()

    response = seen()
    assert response.status_code == 200
    assert tabs(response.content.decode())["PAUSED"] == "1"
