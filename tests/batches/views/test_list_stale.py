"""The list of batches while Syllable does not answer: what was last seen, marked as such, with nothing to write."""

import re
from threading import BoundedSemaphore

import pytest

from batches.api_client import syllable_client
from batches.models import Change
from batches.selectors import parallel_reads
from batches.selectors.stale_cache import LastSeen
from sandbox import faults
from syllable.resilience import circuit_breaker
from tests.batches.views.list_page import DASH, LIST, shown, tabs
from tests.html import in_words

pytestmark = pytest.mark.django_db

ID = "20250117.1"
MARK = "Last read at"
BUTTON = '<button id="'


@pytest.fixture
def seen(client, operator):
    """Open the list as an operator and return the response."""
    client.force_login(operator)
    return lambda headers=None, **query: client.get(LIST, query, headers=headers)


@pytest.fixture
def batch(sandbox):
    sandbox.store.add_batch(ID, status="ACTIVE")


def test_it_is_what_was_last_seen_with_its_age_and_no_buttons(seen, batch, sandbox, give_up_soon):
    assert BUTTON in seen().content.decode()
    sandbox.faults.add(faults.hang(), times=None)
    give_up_soon()

    response = seen()

    html = response.content.decode()
    assert response.status_code == 200
    assert shown(html) == [ID]
    assert "Syllable did not answer in time. Last read at" in in_words(html)
    assert re.search(rf"{MARK} \d\d:\d\d:\d\d , now", in_words(html))
    assert BUTTON not in html
    assert "You cannot pause or resume batches here until Syllable answers." in html
    assert tabs(html)["All"] == "1"


def test_it_says_since_when_there_is_no_answer_and_at_once(seen, batch, sandbox, silence):
    seen()
    silence()

    html = seen().content.decode()

    assert not sandbox.requests
    since = re.search(r"Syllable is not answering\. No usable answer since \d\d:\d\d:\d\d\. " + MARK, in_words(html))
    assert since


def test_a_reader_who_may_not_write_is_told_nothing_of_writing(client, viewer, batch, sandbox, give_up_soon):
    client.force_login(viewer)
    client.get(LIST)
    sandbox.faults.add(faults.hang(), times=None)
    give_up_soon()

    html = client.get(LIST).content.decode()

    assert MARK in html
    assert "Nothing can be paused" not in html


def test_a_refresh_brings_the_marked_list_and_then_the_list_as_it_is(seen, batch, sandbox, monkeypatch, silence):
    seen()
    silence()

    stale = seen(headers={"HX-Request": "true"})
    assert stale.status_code == 200
    assert stale.content.decode().count('class="card list is-stale"') == 1
    assert MARK in stale.content.decode()

    sandbox.faults.clear()
    sandbox.store.change_batch(ID, status="PAUSED")
    monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 0)
    fresh = seen(headers={"HX-Request": "true"}).content.decode()
    assert MARK not in fresh
    assert "is-stale" not in fresh
    assert f'{BUTTON}resume-{ID}"' in fresh


def test_what_was_not_seen_before_is_an_error_that_says_since_when(seen, batch, sandbox, silence):
    seen()
    silence()

    response = seen(status="PAUSED")

    html = response.content.decode()
    assert response.status_code == 503
    assert "The batches could not be read Syllable is not answering. No usable answer" in in_words(html)
    assert shown(html) == []
    assert tabs(html)["PAUSED"] == DASH


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_definite_refusal_is_never_covered_up(seen, batch, sandbox, status):
    seen()
    sandbox.faults.add(faults.answer(status), times=None)

    response = seen()

    assert response.status_code == 503
    assert MARK not in response.content.decode()
    assert shown(response.content.decode()) == []


@pytest.mark.parametrize(
    "fault",
    [faults.answer(500), faults.answer(429), faults.reset(), faults.html(200)],
    ids=["500", "429", "reset", "?"],
)
def test_whatever_else_goes_wrong_is_bridged(seen, batch, sandbox, fault):
    seen()
    sandbox.faults.add(fault, times=None)

    response = seen()

    assert response.status_code == 200
    assert MARK in response.content.decode()


def test_the_page_of_a_batch_says_at_once_since_when(client, seen, batch, sandbox, silence):
    seen()
    silence()

    response = client.get(f"/batches/{ID}/")

    assert not sandbox.requests
    assert response.status_code == 503
    assert "No usable answer since" in in_words(response.content.decode())


def test_a_click_still_stops_a_batch_while_reads_are_refused(client, seen, batch, sandbox, silence):
    seen()
    silence()
    sandbox.faults.clear()

    client.post(f"/batches/{ID}/pause/")

    assert Change.objects.get().outcome == "applied"
    assert sandbox.store.batch(ID)["status"] == "PAUSED"
    assert shown(seen().content.decode()) == [ID]
    assert syllable_client().silent_since is None


def test_nothing_is_counted_while_the_api_is_silent(seen, sandbox, silence):
    silence()

    for number in range(6):
        seen(q=f"20250117.{number}")

    assert not sandbox.requests


def test_what_waits_to_be_counted_has_an_end(seen, sandbox, monkeypatch):
    monkeypatch.setattr(parallel_reads, "_room", BoundedSemaphore(2))
    sandbox.store.add_batch(ID, status="PAUSED")

    html = seen().content.decode()

    assert shown(html) == [ID]
    assert list(tabs(html).values()).count(DASH) >= 1


def test_what_was_seen_longest_ago_is_forgotten_first():
    last_seen = LastSeen(most=2)
    last_seen.keep("a", 1)
    last_seen.keep("b", 2)
    last_seen.keep("a", 3)
    last_seen.keep("c", 4)

    assert [last_seen.get(key) for key in "abc"] == [3, None, 4]
