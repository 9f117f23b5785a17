"""The campaigns as the watcher adds these up: what is shown, searched and sorted, as of when, and at which cost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from batches.access import Scope
from batches.models import WatchState
from tests.batches.sightings import campaign_sighting_add, watch_state
from tests.batches.views.list_page import DASH, link
from tests.html import attributes, in_words, texts

pytestmark = pytest.mark.django_db

CAMPAIGNS = "/campaigns/"


@pytest.fixture
def watched(sandbox):
    """Have a watcher that looked just now."""
    return watch_state()


@pytest.fixture
def opened(client, viewer, watched):
    """Open the campaigns as a viewer, with a query, and return the HTML."""
    client.force_login(viewer)

    def opened(**query):
        response = client.get(CAMPAIGNS, query)
        assert response.status_code == 200
        return response.content.decode()

    return opened


def add(campaign_id, name="", **fields):
    return campaign_sighting_add(campaign_id, name=name, **fields)


def names(html):
    return [words.split(" sms")[0] for words in texts(html, "td.campaigns-name")]


# Who ---------------------------------------------------------------------------------------------------------------


def test_an_anonymous_visitor_is_sent_to_the_login(client, watched):
    assert client.get(CAMPAIGNS, {"q": "flu"}).url == "/accounts/login/?next=/campaigns/%3Fq%3Dflu"


def test_somebody_without_a_role_is_refused(client, nobody, watched):
    client.force_login(nobody)
    assert client.get(CAMPAIGNS).status_code == 403


def test_it_keeps_to_the_scope(client, viewer, watched, monkeypatch):
    add(1, "Mine")
    add(2, "Secret")
    monkeypatch.setattr("batches.views.campaigns.scope_of", lambda user: Scope(frozenset({1})))
    client.force_login(viewer)

    html = client.get(CAMPAIGNS, {"q": ""}).content.decode()
    assert names(html) == ["Mine"]
    assert "1 campaign" in in_words(html)


# What --------------------------------------------------------------------------------------------------------------


def test_a_row_says_what_there_is_to_know(opened):
    add(
        7,
        "Flu <b>shots</b>",
        raw={
            "id": 7,
            "campaign_name": "Flu",
            "mode": "sms",
            "daily_start_time": "09:00:00",
            "daily_end_time": "17:30:00",
            "timezone": "America/Chicago",
        },
        batches=4,
        running=2,
        statuses={"ACTIVE": 2, "PAUSED": 1, "EXPIRED": 1},
        total=1200,
        pending=900,
        under_way=100,
        ended=200,
        failed=28,
        next_expiry=timezone.now() + timedelta(hours=5, minutes=1),
    )

    html = opened()

    words = in_words(html)
    assert f"Flu <b>shots</b> sms 09:00{DASH}17:30 America/Chicago 2 of 4 running ACTIVE 2 PAUSED 1 EXPIRED 1" in words
    assert "900 people 200 of 1,200 14 % soon, in 5 h" in words
    assert "<b>shots" not in html
    assert '<a id="campaign-7" href="/campaigns/7/">' in html
    assert "/batches/?campaign=7&status=PAUSED" in attributes(html, "a", "href")
    assert attributes(html, "svg.bar", "aria-label") == ["People: 200 of 1,200 · 14 % failed"]
    assert len(attributes(html, "svg.bar rect", "class")) == 3


def test_what_is_not_known_is_not_told(opened):
    add(1, "")
    add(None, "", batches=2, statuses={"PAUSED": 2})

    words = in_words(opened())

    assert f"Campaign 1 unknown none {DASH} {DASH} {DASH}" in words
    assert f"No campaign unknown 0 of 2 running PAUSED 2 {DASH} {DASH} {DASH}" in words


def test_the_zone_of_an_agent_is_that_of_a_campaign_without_one(opened):
    hours = {"daily_start_time": "09:00:00", "daily_end_time": "17:00:00"}
    add(1, "a", zone="Europe/Zurich", raw={"id": 1, **hours})
    add(2, "b", zone="No/Where", raw={"id": 2, **hours})

    words = in_words(opened(order="name"))

    assert f"09:00{DASH}17:00 Europe/Zurich" in words
    assert "b unknown" in words


def test_odd_campaigns_are_shown_as_they_came(opened):
    add(1, "Name\u202e", raw=None, statuses={"": 1, "Odd\u202e": 2}, batches=3)

    html = opened()

    assert "\u202e" not in html
    assert "no status 1" in in_words(html)


def test_a_name_or_an_id_finds_a_campaign(opened):
    add(7, "Flu shots")
    add(8, "Reminders")
    add(70, "Other 7 things")

    assert names(opened(q="FLU")) == ["Flu shots"]
    assert sorted(names(opened(q="7"))) == ["Flu shots", "Other 7 things"]
    html = opened(q="%")
    assert names(html) == []
    assert "No campaign matches" in in_words(html)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("", ["b", "C", "a"]),
        ("-running", ["b", "C", "a"]),
        ("running", ["a", "C", "b"]),
        ("name", ["a", "b", "C"]),
        ("-name", ["C", "b", "a"]),
        ("-pending", ["C", "a", "b"]),
        ("pending", ["a", "C", "b"]),
        ("-failed", ["C", "b", "a"]),
        ("failed", ["b", "C", "a"]),
        ("next_expiry", ["a", "b", "C"]),
        ("-next_expiry", ["b", "a", "C"]),
    ],
)
def test_it_sorts_by_each_column_what_is_not_known_last(opened, order, expected):
    now = timezone.now()
    add(1, "a", running=0, pending=5, ended=0, failed=0, next_expiry=now)
    add(2, "b", running=3, pending=None, ended=100, failed=10, next_expiry=now + timedelta(days=1))
    add(3, "C", running=1, pending=50, ended=10, failed=5, next_expiry=None)

    html = opened(order=order)

    assert names(html) == expected
    assert len(attributes(html, "th[aria-sort]", "aria-sort")) == 1


def test_a_column_sorts_the_way_that_says_most_first_and_then_the_other(opened):
    add(1, "x")
    html = opened(q="x")
    assert link(html, "sort-pending") == {"q": "x", "order": "-pending"}
    assert link(html, "sort-next_expiry") == {"q": "x", "order": "next_expiry"}
    assert link(opened(order="-pending"), "sort-pending") == {"order": "pending"}
    assert attributes(opened(order="-name"), "th[aria-sort]", "aria-sort") == ["descending"]


def test_pages_follow_each_other(opened):
    for number in range(120):
        add(number, f"c{number:03}")

    first, second = opened(order="name"), opened(order="name", page="2")

    assert names(first) == [f"c{number:03}" for number in range(50)]
    assert f"1{DASH}50 of 120 campaigns" in in_words(first)
    assert link(first, "page-next") == {"order": "name", "page": "2"}
    assert names(second) == [f"c{number:03}" for number in range(50, 100)]
    assert len(names(opened(page="99"))) == 20
    assert len(names(opened(page="odd"))) == 50


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ({"q": "x" * 201}, "q", "A search can have at most 200 visible characters."),
        ({"order": "mode"}, "order", "Campaigns cannot be sorted like that."),
        ({"order": "--name"}, "order", "Campaigns cannot be sorted like that."),
    ],
)
def test_what_cannot_be_used_is_said_and_left_out(opened, query, name, sentence):
    add(1, "one")
    html = opened(**query)
    [problem] = texts(html, f'[data-problem="{name}"]')
    assert sentence in problem
    assert names(html) == ["one"]


# As of when --------------------------------------------------------------------------------------------------------


def test_it_says_as_of_when_the_oldest_total_is(opened):
    now = timezone.now()
    add(1, "a", totalled_at=now - timedelta(seconds=70), statuses={"ACTIVE": 1})
    add(2, "b", totalled_at=now, statuses={"PAUSED": 1})

    html = opened()

    assert f"As of {now - timedelta(seconds=70):%H:%M:%S}" in in_words(html)
    assert "data-watch" not in html


def test_what_ended_long_ago_is_as_of_the_last_look(opened):
    now = timezone.now()
    WatchState.objects.update(looked_at=now - timedelta(seconds=20))
    add(1, "over", totalled_at=now - timedelta(days=30), statuses={"CANCELED": 3, "EXPIRED": 2})

    assert f"As of {now - timedelta(seconds=20):%H:%M:%S}" in in_words(opened())


def test_it_says_since_when_the_watcher_cannot_look(opened):
    since = timezone.now() - timedelta(minutes=5)
    WatchState.objects.update(looked_at=since, failing_since=since, problem="unavailable")
    add(1, "a", totalled_at=since)

    words = in_words(opened())

    assert f"The watcher cannot look since {since:%H:%M:%S}. Syllable does not answer." in words
    assert f"These numbers are as of {since:%H:%M:%S}" in words


@pytest.mark.parametrize(
    ("is_on", "sentence"), [(True, "The watcher has not looked yet."), (False, "The watcher is turned off.")]
)
def test_without_a_look_the_batches_are_counted_now(client, viewer, sandbox, settings, is_on, sentence):
    if not is_on:
        settings.WATCH_INTERVAL = 0
        now = timezone.now()
        WatchState.objects.create(pk=1, looked_at=now, tried_at=now)
    add(1, "Old")
    sandbox.store.add_campaign(campaign_name="Read now")
    client.force_login(viewer)

    words = in_words(client.get(CAMPAIGNS))
    assert "Read now" in words
    assert "cannot be searched" not in words
    asked = client.get(CAMPAIGNS, {"order": "name"})
    assert f"The campaigns cannot be searched or sorted. {sentence}" in in_words(asked)


# Cost --------------------------------------------------------------------------------------------------------------


def test_it_costs_three_queries_and_no_call(client, viewer, watched, sandbox, django_assert_num_queries):
    for number in range(60):
        add(number, f"c{number}", statuses={"ACTIVE": 1}, batches=1)
    client.force_login(viewer)
    client.get(CAMPAIGNS)
    with django_assert_num_queries(8):
        client.get(CAMPAIGNS, {"q": "c"})
    assert not sandbox.requests


def test_a_refresh_is_the_table_alone(client, viewer, watched):
    add(1, "a")
    client.force_login(viewer)
    html = client.get(CAMPAIGNS, {"order": "name"}, headers={"HX-Request": "true"}).content.decode()
    assert html.startswith('<div id="campaign-list"')
    assert attributes(html, "#campaign-list", "hx-get") == ["/campaigns/?order=name"]
