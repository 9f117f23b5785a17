"""Lists that the API can neither filter nor sort: what they show, as of when, and what they cost."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import caches
from django.utils import timezone

from batches.access import Scope
from batches.models import WatchState
from batches.selectors import sighting_list as selectors
from batches.selectors.time_limit import TooSlow
from sandbox import faults
from tests.batches.sightings import campaign_sighting_add, sighting_add, watch_state
from tests.batches.views.list_page import DASH, LIST, link, shown, tabs
from tests.conftest import member_of
from tests.html import attributes, hidden, in_words, texts

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def watched(sandbox):
    """Have a watcher that looked just now."""
    return watch_state()


@pytest.fixture
def at_noon(watched, monkeypatch):
    """Set the clock of pages to noon in London's summer."""
    monkeypatch.setattr(timezone, "now", lambda: NOON)


def add(batch_id, **fields):
    return sighting_add(batch_id, **fields)


# Who ---------------------------------------------------------------------------------------------------------------


def test_an_anonymous_visitor_is_sent_to_the_login(client, watched):
    assert client.get(LIST, {"expiry": "hour"}).url == "/accounts/login/?next=/batches/%3Fexpiry%3Dhour"


def test_somebody_without_a_role_is_refused(client, nobody, watched):
    client.force_login(nobody)
    assert client.get(LIST, {"failing": "1"}).status_code == 403


def test_it_keeps_to_the_scope(client, viewer, watched, monkeypatch):
    add("mine", campaign_id=1)
    add("others", campaign_id=2)
    campaign_sighting_add(1, name="Mine")
    campaign_sighting_add(2, name="Secret")
    monkeypatch.setattr("batches.views.batches.scope_of", lambda user: Scope(frozenset({1})))
    client.force_login(viewer)

    html = client.get(LIST, {"order": "-created_at"}).content.decode()

    assert shown(html) == ["mine"]
    assert "Secret" not in html


# What --------------------------------------------------------------------------------------------------------------


def test_what_the_api_can_answer_is_still_read_from_the_api(open_list, watched, sandbox):
    add("seen")
    sandbox.store.add_batch("read")

    assert shown(open_list()) == ["read"]
    assert shown(open_list(order="-created_at")) == ["seen"]


def test_an_expiry_within_the_hour_today_or_passed(open_list, at_noon):
    for batch_id, hours in (("passed", -1), ("hour", 0.5), ("evening", 11.5), ("tomorrow", 12.5)):
        add(batch_id, expires_at=NOON + timedelta(hours=hours))
    add("over", status="EXPIRED", expires_at=NOON - timedelta(hours=1))
    add("never", expires_at=None)

    assert shown(open_list(expiry="hour")) == ["hour"]
    assert sorted(shown(open_list(expiry="today"))) == ["evening", "hour"]
    assert shown(open_list(expiry="passed")) == ["passed"]


def test_what_expires_first_comes_first_unless_another_order_is_chosen(open_list, watched):
    now = timezone.now()
    for batch_id, minutes in (("b", 10), ("c", 20), ("a", 30)):
        add(batch_id, expires_at=now + timedelta(minutes=minutes))

    html = open_list(expiry="hour")

    assert shown(html) == ["b", "c", "a"]
    assert attributes(html, "th[aria-sort]", "class") == ["list-expires_on"]
    assert attributes(html, "[data-filter=expiry] a", "href") == ["/batches/"]
    html = open_list(expiry="hour", order="-batch_id")
    assert shown(html) == ["c", "b", "a"]
    assert attributes(html, "[data-filter=expiry] a", "href") == ["/batches/"]


def test_today_is_the_readers_day(client, at_noon):
    reader = member_of("Viewers", "viewer@example.com", time_zone="Asia/Tokyo")
    midnight = datetime(2026, 6, 16, tzinfo=ZoneInfo("Asia/Tokyo"))
    add("before", expires_at=midnight - timedelta(minutes=1))
    add("after", expires_at=midnight + timedelta(minutes=1))
    client.force_login(reader)

    assert shown(client.get(LIST, {"expiry": "today"}).content.decode()) == ["before"]


def test_failing_is_what_failed_and_what_runs_and_fails(open_list, watched):
    add("failed", status="FAILED")
    add("half", ended=10, failed=5)
    add("idle", status="IDLE", ended=1000, failed=999)
    add("few", ended=9, failed=9)
    add("less", ended=100, failed=49)
    add("paused", status="PAUSED", ended=100, failed=100)
    add("over", status="EXPIRED", ended=100, failed=100)
    add("unknown", ended=None, failed=None)

    html = open_list(failing="1")

    assert shown(html) == ["idle", "half", "failed"]
    assert "FAILED, or running with at least 50 % of 10 or more ended requests failed." in in_words(html)


def test_several_statuses_and_several_campaigns(open_list, watched):
    for status in ("ACTIVE", "PAUSED", "CANCELED"):
        for campaign_id in (1, 2, 3):
            add(f"{status}.{campaign_id}", status=status, campaign_id=campaign_id)

    html = open_list(status=["active", "PAUSED"], campaign=["1", "3"])

    assert sorted(shown(html)) == ["ACTIVE.1", "ACTIVE.3", "PAUSED.1", "PAUSED.3"]
    assert sorted(shown(open_list(status=["ACTIVE", "PAUSED"]))) == sorted(
        f"{status}.{number}" for status in ("ACTIVE", "PAUSED") for number in (1, 2, 3)
    )
    assert shown(open_list(campaign=["1", "no number"], status="PAUSED")) == ["PAUSED.1"]
    assert texts(html, "[data-filter]") == [
        "Status: ACTIVE",
        "Status: PAUSED",
        "Campaign: Campaign 1",
        "Campaign: Campaign 3",
    ]
    [without, *_] = attributes(html, "[data-filter=status] a", "href")
    assert without == "/batches/?status=PAUSED&campaign=1&campaign=3"


def test_the_newest_come_first_and_say_when_they_were_created(open_list, watched):
    now = timezone.now()
    for batch_id, hours in (("b", 3), ("c", 2), ("a", 1)):
        add(batch_id, created_at=now - timedelta(hours=hours, minutes=1))

    html = open_list(order="-created_at")

    assert shown(html) == ["a", "c", "b"]
    assert attributes(html, "th[aria-sort]", "class") == ["list-created_at"]
    assert link(html, "sort-created_at") == {"order": "created_at"}
    assert f"ACTIVE {DASH} never 1 h ago" in in_words(html)
    assert set(attributes(html, "td.list-last_worked_on", "data-label")) == {"Created"}
    assert shown(open_list(order="created_at")) == ["b", "c", "a"]


def test_a_search_and_an_order_of_the_api_go_with_each_filter(open_list, watched):
    soon = timezone.now() + timedelta(minutes=20)
    for number in range(3):
        add(f"Batch.{number}", expires_at=soon - timedelta(minutes=number))
    add("other", expires_at=soon)

    assert shown(open_list(expiry="hour", q="batch", order="expires_on")) == ["Batch.2", "Batch.1", "Batch.0"]
    assert shown(open_list(expiry="hour", q="%")) == []


def test_a_batch_that_is_gone_is_not_shown(open_list, watched):
    add("gone", gone_at=timezone.now())
    assert "No batch matches" in in_words(open_list(expiry="hour"))
    assert shown(open_list(order="-created_at")) == []


def test_odd_rows_are_shown_as_they_came(open_list, watched):
    add("odd", raw={"batch_id": "odd", "status": ["?"], "expires_on": "soon", "count": {"a": 1}}, status="?")
    add("<b>", raw={"batch_id": "<b>", "campaign_id": "x\u202e"}, campaign_id=None)

    html = open_list(order="-created_at")

    assert "odd" in shown(html)
    assert "<b>" not in html
    assert "\u202e" not in html


def test_rows_offer_the_same_actions_as_the_live_list(client, operator, watched):
    add("a", status="ACTIVE")
    add("p", status="PAUSED")
    client.force_login(operator)

    html = client.get(LIST, {"order": "-created_at"}).content.decode()

    assert sorted(attributes(html, "main button[id]", "id")) == ["pause-a", "resume-p"]
    assert sorted(attributes(html, "button[formaction]", "formaction")) == ["/batches/a/pause/", "/batches/p/resume/"]
    assert hidden(html, "#one-click")["next"] == "/batches/?order=-created_at"


def test_pages_follow_each_other(open_list, watched, monkeypatch):
    for number in range(60):
        add(f"b{number:02}", expires_at=timezone.now() + timedelta(minutes=30))

    first, last = open_list(expiry="hour"), open_list(expiry="hour", page="3")

    assert f"1{DASH}25 of 60" in in_words(first)
    assert link(first, "page-next") == {"expiry": "hour", "page": "2"}
    assert f"51{DASH}60 of 60" in in_words(last)
    assert "page-next" not in last
    monkeypatch.setattr(selectors, "MOST_ROWS", 50)
    monkeypatch.setattr("batches.views.batches.MOST_ROWS", 50)
    assert f"1{DASH}25 of more than 50" in in_words(open_list(expiry="hour"))
    assert "page-next" not in open_list(expiry="hour", page="2")
    assert "A list has at most 50 rows" in in_words(open_list(expiry="hour", page="3"))
    assert f"26{DASH}50 of more than 50" in in_words(open_list(order="-created_at", page="2"))


# As of when --------------------------------------------------------------------------------------------------------


def test_it_says_as_of_when_its_oldest_row_was_seen(open_list, watched):
    now = timezone.now().replace(microsecond=0)
    add("a", seen_at=now - timedelta(seconds=75))
    add("b", seen_at=now)

    html = open_list(order="-created_at")

    assert f"As of {now - timedelta(seconds=75):%H:%M:%S}" in in_words(html)
    assert "data-watch" not in html


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        ("unavailable", "Syllable does not answer."),
        ("key_refused", "Syllable refuses the key."),
        ("rate_limited", "Syllable asked for fewer calls."),
        ("unreadable", "Syllable's answers cannot be read."),
    ],
)
def test_it_says_since_when_the_watcher_cannot_look(open_list, watched, problem, sentence):
    since = timezone.now() - timedelta(minutes=5)
    WatchState.objects.update(failing_since=since, problem=problem)
    add("a", seen_at=since)

    html = open_list(order="-created_at")

    assert shown(html) == ["a"]
    assert f"The watcher cannot look since {since:%H:%M:%S}. {sentence}" in in_words(html)
    assert f"These rows are as of {since:%H:%M:%S}" in in_words(html)
    assert attributes(html, "[data-watch]", "data-watch") == ["failing"]


def test_it_says_that_no_watcher_runs(open_list, watched):
    long_ago = timezone.now() - timedelta(minutes=10)
    WatchState.objects.update(tried_at=long_ago, looked_at=long_ago)
    add("a", seen_at=long_ago)

    assert f"Nobody has looked at the batches since {long_ago:%H:%M:%S}." in in_words(open_list(order="-created_at"))


def test_before_the_first_look_there_is_nothing_and_it_says_why(client, viewer, sandbox):
    client.force_login(viewer)
    response = client.get(LIST, {"expiry": "hour"})
    assert response.status_code == 503
    assert "The watcher has not looked yet" in in_words(response)


def test_without_a_watcher_nothing_of_it_is_offered(client, viewer, watched, settings):
    settings.WATCH_INTERVAL = 0
    add("a")
    client.force_login(viewer)

    html = client.get(LIST).content.decode()
    assert not attributes(html, '[name="expiry"], [name="failing"], option[value="-created_at"]', "name")
    response = client.get(LIST, {"order": "-created_at"})
    assert response.status_code == 503
    assert "The watcher is turned off" in in_words(response)


def test_a_search_that_takes_too_long_is_given_up(client, viewer, watched, monkeypatch):
    def never_ends(*args):
        raise TooSlow

    monkeypatch.setattr(selectors, "_page_of", never_ends)
    client.force_login(viewer)
    response = client.get(LIST, {"order": "-created_at", "q": "a"})
    assert response.status_code == 503
    assert "This search took too long" in in_words(response)


# Tabs --------------------------------------------------------------------------------------------------------------


def test_the_tabs_count_what_the_api_can_count(open_list, watched, sandbox):
    sandbox.store.add_batch("read", status="PAUSED")
    add("seen", status="PAUSED")

    assert tabs(open_list(order="-created_at"))["PAUSED"] == "1"
    assert tabs(open_list(status=["PAUSED", "ACTIVE"]))["All"] == "1"
    assert not tabs(open_list(expiry="hour"))
    html = open_list(status=["PAUSED", "ACTIVE"])
    assert attributes(html, '[id^="tab-"][aria-current]', "aria-current") == ["true", "true"]


def test_the_list_stands_while_the_api_is_down(open_list, watched, sandbox):
    sandbox.faults.add(faults.answer(500), times=None)
    add("a")

    html = open_list(order="-created_at")

    assert shown(html) == ["a"]
    assert set(tabs(html).values()) == {DASH}


# Problems ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ({"expiry": "soon"}, "expiry", "An expiry can be “hour”, “today” or “passed”."),
        ({"failing": "yes"}, "failing", "The filter for failing batches can only be 1."),
        ({"order": "-created"}, "order", "The list cannot be sorted like that."),
        ({"status": ["ACTIVE", "x" * 51]}, "status", "No batch can have the status in this address."),
        ({"status": [f"s{number}" for number in range(21)]}, "status", "at most 20 statuses"),
        ({"campaign": [str(number) for number in range(21)]}, "campaign", "at most 20 campaigns"),
    ],
)
def test_what_cannot_be_used_is_said_and_left_out(open_list, watched, sandbox, query, name, sentence):
    sandbox.store.add_batch("read")

    html = open_list(**query)

    [problem] = texts(html, f'[data-problem="{name}"]')
    assert sentence in problem
    assert shown(html) == ["read"]


# Cost --------------------------------------------------------------------------------------------------------------


def test_what_it_costs(client, viewer, watched, sandbox, django_assert_num_queries):
    for number in range(30):
        add(f"b{number}", expires_at=timezone.now() + timedelta(minutes=30))
    campaign_sighting_add(1, name="One")
    client.force_login(viewer)
    client.get(LIST)
    sandbox.requests.clear()

    with django_assert_num_queries(10):
        client.get(LIST, {"expiry": "hour"})
    assert not sandbox.requests
    caches["local"].clear()
    with django_assert_num_queries(9):
        client.get(LIST, {"order": "-created_at"})
    assert len(sandbox.requests) == 7


def test_a_refresh_is_the_table_alone(client, viewer, watched):
    add("a")
    client.force_login(viewer)
    html = client.get(LIST, {"order": "-created_at"}, headers={"HX-Request": "true"}).content.decode()
    assert html.startswith('<div id="batch-list"')
    assert shown(html) == ["a"]
    assert attributes(html, "#batch-list", "hx-get") == ["/batches/?order=-created_at"]
