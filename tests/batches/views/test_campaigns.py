"""The list of campaigns: what their batches add up to, what that costs, and what is shown when it cannot be read."""

import re
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.core.cache import caches

from batches.selectors import campaign_list as selectors
from sandbox import faults
from syllable.resilience import circuit_breaker
from tests.batches.views.list_page import DASH
from tests.html import attributes, in_words, texts

pytestmark = pytest.mark.django_db

CAMPAIGNS = "/campaigns/"
MARK = "Last read at"


def ahead(**distance):
    return (datetime.now(UTC) + timedelta(**distance)).isoformat()


@pytest.fixture
def seen(client, viewer, sandbox):
    """Open the list as a viewer and return the response."""
    client.force_login(viewer)
    return lambda: client.get(CAMPAIGNS)


@pytest.fixture
def seen_words(seen):
    """Open the list and return the words of its table."""

    def seen_words():
        response = seen()
        assert response.status_code == 200
        return in_words(response.content.decode().split("<main")[1])

    return seen_words


def calls(sandbox, path):
    return [request for request in sandbox.requests if request.path.endswith(path)]


# Who ---------------------------------------------------------------------------------------------------------------


def test_an_anonymous_visitor_is_sent_to_the_login(client, sandbox):
    assert client.get(CAMPAIGNS).url == "/accounts/login/?next=/campaigns/"
    assert not sandbox.requests


def test_somebody_without_a_role_is_refused(client, nobody, sandbox):
    client.force_login(nobody)

    assert client.get(CAMPAIGNS).status_code == 403
    assert not sandbox.requests


def test_it_is_only_read(client, viewer, sandbox):
    client.force_login(viewer)

    assert client.post(CAMPAIGNS).status_code == 405


# What --------------------------------------------------------------------------------------------------------------


def test_a_row_says_what_there_is_to_know(seen, sandbox):
    campaign = sandbox.store.add_campaign(
        campaign_name="Flu shots",
        daily_start_time="09:00:00",
        daily_end_time="17:30:00",
        timezone="America/Chicago",
        source="+15550121",
    )
    for number, status in enumerate(("ACTIVE", "ACTIVE", "PAUSED", "EXPIRED")):
        expires_on = ahead(days=9 - number, minutes=1)
        sandbox.store.add_batch(f"b{number}", campaign_id=campaign, status=status, requests=3, expires_on=expires_on)

    html = seen().content.decode()

    words = in_words(html)
    assert f"Flu shots +15550121 09:00{DASH}17:30 America/Chicago" in words
    assert "ACTIVE 2 PAUSED 1 EXPIRED 1 12 in 7 d" in words
    assert "1 campaign with 4 batches" in words
    assert f'<a href="/campaigns/{campaign}/">Flu shots</a>' in html
    assert f"/batches/?campaign={campaign}&status=PAUSED" in attributes(html, "a", "href")
    assert 'aria-label="ACTIVE 2, PAUSED 1, EXPIRED 1"' in html
    assert attributes(html, '[aria-current="page"]', "href") == ["/campaigns/"]


@pytest.mark.parametrize("contract", ["current"])
def test_what_a_contract_does_not_tell_is_not_known(seen_words, sandbox):
    sandbox.store.add_campaign(campaign_name="Flu shots", more={"mode": "sms"})
    sandbox.store.add_batch("b", status="PAUSED", requests=3)

    assert f"Flu shots sms unknown PAUSED 1 PAUSED 1 {DASH} {DASH}" in seen_words()


def test_an_expiry_that_is_near_is_marked(seen, sandbox):
    sandbox.store.add_batch("b", status="ACTIVE", expires_on=ahead(hours=5, minutes=1))

    html = seen().content.decode()

    assert "soon, in 5 h" in in_words(html)
    assert html.count("list-warning") == 1


def test_what_is_over_expires_no_more(seen_words, sandbox):
    for status in ("CANCELED", "EXPIRED"):
        sandbox.store.add_batch(status, status=status, expires_on=ahead(days=2))
    sandbox.store.add_batch("passed", status="PAUSED", expires_on=ahead(days=-2))

    assert f"PAUSED 1 EXPIRED 1 CANCELED 1 0 {DASH}" in seen_words()


@pytest.mark.parametrize("contract", ["current"])
def test_what_failed_is_over_as_well(seen_words, sandbox):
    sandbox.store.add_batch("failed", campaign_id=7, status="FAILED", expires_on=ahead(days=2))
    sandbox.store.add_batch("paused", campaign_id=8, status="PAUSED", expires_on=ahead(days=3, minutes=1))

    words = seen_words()

    assert f"Campaign 7 {DASH} FAILED 1 FAILED 1 {DASH} {DASH}" in words
    assert words.index("Campaign 8") < words.index("Campaign 7")


def test_what_can_still_run_comes_first(seen, sandbox):
    for name, status in (("Alpha", "EXPIRED"), ("Beta", "PAUSED"), ("gamma", "ACTIVE"), ("Delta", None)):
        campaign = sandbox.store.add_campaign(campaign_name=name)
        if status:
            sandbox.store.add_batch(name, campaign_id=campaign, status=status)

    names = texts(seen(), 'td a[href^="/campaigns/"]')

    assert names == ["Beta", "gamma", "Alpha", "Delta"]


def test_a_campaign_without_batches_says_so(seen_words, sandbox):
    sandbox.store.add_campaign(campaign_name="Fresh")

    assert f"Fresh +15550100 00:00{DASH}23:59 UTC none {DASH} {DASH}" in seen_words()


def test_a_campaign_that_only_batches_name_is_numbered(seen, sandbox):
    sandbox.store.add_batch("b", campaign_id=7, status="ACTIVE")

    html = seen().content.decode()

    assert '<a href="/campaigns/7/">Campaign 7</a>' in html
    assert f"Campaign 7 {DASH} ACTIVE" in in_words(html)


def test_odd_rows_break_nothing(seen, sandbox):
    sandbox.store.add_campaign(campaign_name="No id", omit=["id"])
    sandbox.store.add_campaign(campaign_name=" ", extra={"id": "a/b", "daily_start_time": 9, "timezone": ["UTC"]})
    sandbox.store.add_campaign(campaign_name="Odd hours", daily_start_time="dawn", daily_end_time="24:00")
    sandbox.store.add_batch("odd", campaign_id=None, status="THROTTLED", expires_on="soon", extra={"count": "many"})
    sandbox.store.add_batch("odder", campaign_id=None, omit=["status", "count"])
    sandbox.store.add_batch("other", campaign_id=None, status="ACTIVE", extra={"campaign_id": "x?y"}, requests=2)

    html = seen().content.decode()

    words = in_words(html)
    assert f"No id +15550100 00:00{DASH}23:59 UTC" in words
    assert "THROTTLED 1 no status 1" in words or "no status 1 THROTTLED 1" in words
    assert '<a href="/campaigns/a~2Fb/">Campaign a/b</a>' in html
    assert '<a href="/campaigns/x~3Fy/">Campaign x?y</a>' in html
    assert "/batches/?campaign=x%3Fy&status=ACTIVE" in attributes(html, "a", "href")
    assert f"Odd hours +15550100 dawn{DASH}24:00 UTC" in words


def test_what_the_api_says_is_never_markup(seen, sandbox):
    attack = '"><script>alert(1)</script>'
    campaign = sandbox.store.add_campaign(campaign_name=attack, timezone=attack, source=attack)
    sandbox.store.add_batch("b", campaign_id=campaign, status=attack)

    html = seen().content.decode()

    assert "<script>alert" not in html
    assert '"><script>' not in html


def test_many_campaigns_come_in_pages(client, seen, sandbox):
    for number in range(51):
        sandbox.store.add_campaign(campaign_name=f"Number {number:02}")

    first = seen().content.decode()
    assert "51 campaigns with 0 batches" in in_words(first)
    assert "Number 49" in first
    assert "Number 50" not in first
    assert 'rel="next" href="?page=2">' in first
    for page in ("2", "99"):
        assert "Number 50" in client.get(CAMPAIGNS, {"page": page}).content.decode()
    assert "Number 49" in client.get(CAMPAIGNS, {"page": "x"}).content.decode()


def test_it_says_when_there_are_no_campaigns(seen_words):
    assert "There are no campaigns yet" in seen_words()


# Counting ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(selectors, "BATCHES_PER_PAGE", 2)
    monkeypatch.setattr(selectors, "PAGES_AT_A_TIME", 2)


def without_totals(exchange):
    answer = exchange.handle()
    answer.payload.update(total_count=None, total_pages=None)
    exchange.send(answer)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("batches", [1, 2, 3, 6, 7])
def test_every_batch_is_counted_whatever_the_pages(seen_words, sandbox, batches):
    for number in range(batches):
        sandbox.store.add_batch(f"b{number}", status="ACTIVE")

    assert f"ACTIVE {batches}" in seen_words()
    assert len(calls(sandbox, "/batches")) == -(-batches // 2)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("batches", [1, 2, 6, 7])
def test_without_totals_it_reads_until_a_page_is_short(seen_words, sandbox, batches):
    for number in range(batches):
        sandbox.store.add_batch(f"b{number}", status="ACTIVE")
    sandbox.faults.add(without_totals, path=r"/batches$", times=None)

    words = seen_words()

    assert f"ACTIVE {batches}" in words
    assert f"with {batches} batch" in words


@pytest.mark.usefixtures("small_pages")
def test_it_says_so_where_it_counted_some_only_and_which(seen_words, sandbox, monkeypatch):
    monkeypatch.setattr(selectors, "MOST_PAGES", 3)
    for number in range(9):
        sandbox.store.add_batch(f"b{number}", status="PAUSED" if number < 3 else "ACTIVE")

    words = seen_words()

    assert "counting only the first 6 batches by id, Z to A" in words
    assert "newest" not in words
    assert "ACTIVE 6" in words
    assert "PAUSED" not in words
    assert len(calls(sandbox, "/batches")) == 3


@pytest.mark.usefixtures("small_pages")
def test_pages_are_read_side_by_side(seen_words, sandbox):
    for number in range(6):
        sandbox.store.add_batch(f"b{number}", status="ACTIVE")
    together = Barrier(2, timeout=60)
    sandbox.before(lambda request: request.query["page"] == ["0"] or together.wait(), path=r"/batches$", times=None)

    assert "ACTIVE 6" in seen_words()
    assert not together.broken


def test_the_campaigns_are_read_beside_the_first_page(seen_words, sandbox):
    sandbox.store.add_batch("b", status="ACTIVE")
    together = Barrier(2, timeout=60)
    sandbox.before(lambda request: together.wait(), path=r"/(batches|campaigns)$", times=2)

    assert "ACTIVE 1" in seen_words()
    assert not together.broken
    assert len(sandbox.requests) == 2


def test_while_syllable_is_known_to_be_silent_nothing_is_asked_beside_the_first_page(seen, sandbox, silence):
    sandbox.store.add_batch("b", campaign_id=7, status="ACTIVE")
    seen()
    caches["local"].clear()
    silence()

    response = seen()

    assert not sandbox.requests
    assert MARK in response.content.decode()


def test_once_syllable_answers_again_everything_is_read(seen, sandbox, silence, monkeypatch):
    silence()
    sandbox.faults.clear()
    sandbox.store.add_batch("b", campaign_id=7, status="ACTIVE")
    monkeypatch.setattr(circuit_breaker, "PAUSE_SECONDS", 0)
    sandbox.requests.clear()

    words = in_words(seen().content.decode())

    assert f"Campaign 7 {DASH} ACTIVE 1" in words
    assert [request.path.split("/")[-1] for request in sandbox.requests] == ["batches", "campaigns"]


@pytest.mark.usefixtures("small_pages")
def test_a_batch_that_comes_on_two_pages_counts_once(seen_words, sandbox):
    for number in range(4):
        sandbox.store.add_batch(f"b{number}", status="ACTIVE")

    def a_new_one(request):
        if request.query["page"] == ["1"]:
            sandbox.store.add_batch("b9", status="ACTIVE")

    sandbox.before(a_new_one, path=r"/batches$", times=None)

    assert "ACTIVE 4" in seen_words()


def test_rows_that_could_not_be_read_are_counted(seen_words, sandbox):
    rows = {"items": [{"batch_id": "b", "campaign_id": 7, "status": "ACTIVE"}, 7, None], "total_count": 3}
    sandbox.faults.add(faults.answer(200, rows), path=r"/batches$", times=None)

    assert "2 batches could not be read" in seen_words()


# Cost --------------------------------------------------------------------------------------------------------------


def test_it_costs_the_campaigns_and_a_page_of_batches_and_within_seconds_nothing(
    seen, sandbox, django_assert_num_queries
):
    for number in range(150):
        sandbox.store.add_batch(f"b{number}", status="ACTIVE")
    seen()
    assert len(calls(sandbox, "/campaigns")) == 1
    assert len(calls(sandbox, "/batches")) == 2
    assert len(sandbox.requests) == 3

    sandbox.requests.clear()
    with django_assert_num_queries(6):
        again = seen()
    assert not sandbox.requests
    assert "1 campaign with 150 batches" in in_words(again.content.decode())


def test_it_says_when_it_was_counted(seen_words, sandbox):
    assert re.search(r"Counted \d\d:\d\d:\d\d", seen_words())


# Failures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [r"/batches$", r"/campaigns$"])
@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (faults.answer(401), "Syllable refused the API key"),
        (faults.answer(404), "Syllable does not know"),
        (faults.answer(422, {"detail": [{"loc": ["query", "page"], "msg": "too odd", "type": "x"}]}), "too odd"),
        (faults.answer(500), "Syllable is not answering"),
        (faults.html(200), "This dashboard cannot read Syllable's answer"),
    ],
    ids=["401", "404", "422", "500", "html"],
)
def test_it_says_what_is_wrong_in_words(seen, sandbox, fault, sentence, path):
    sandbox.faults.add(fault, path=path, times=None)

    response = seen()

    html = response.content.decode()
    assert response.status_code == 503
    assert "The campaigns could not be read" in html
    assert sentence in in_words(html)
    assert "Try again" in html


def test_it_says_when_syllable_is_down(seen, settings):
    settings.SYLLABLE_API_URL = "http://127.0.0.1:1"

    response = seen()

    assert response.status_code == 503
    assert "Syllable cannot be reached." in in_words(response.content.decode())


def test_while_syllable_does_not_answer_it_is_what_was_last_seen(seen, sandbox, give_up_soon):
    sandbox.store.add_batch("b", campaign_id=7, status="ACTIVE")
    seen()
    caches["local"].clear()
    sandbox.faults.add(faults.hang(), times=None)
    give_up_soon()

    response = seen()

    words = in_words(response.content.decode())
    assert response.status_code == 200
    assert "Syllable did not answer in time. Last read at" in words
    assert "Campaign 7" in words


def test_a_definite_refusal_is_never_covered_up(seen, sandbox):
    seen()
    caches["local"].clear()
    sandbox.faults.add(faults.answer(401), times=None)

    response = seen()

    assert response.status_code == 503
    assert MARK not in response.content.decode()
