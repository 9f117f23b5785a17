"""The list of batches: who sees it, what it shows, how it is filtered, what it costs."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox import faults
from tests.batches.views.list_page import DASH, LIST, link, shown, tabs
from tests.html import attributes, hidden, in_words, texts

pytestmark = pytest.mark.django_db


def ago(**distance):
    return (datetime.now(UTC) - timedelta(**distance)).isoformat()


def ahead(**distance):
    return (datetime.now(UTC) + timedelta(**distance)).isoformat()


# Who ---------------------------------------------------------------------------------------------------------------


def test_an_anonymous_visitor_is_sent_to_the_login(client, sandbox):
    response = client.get(LIST, {"status": "PAUSED"})

    assert response.status_code == 302
    assert response.url == "/accounts/login/?next=/batches/%3Fstatus%3DPAUSED"
    assert not sandbox.requests


def test_somebody_without_a_role_is_refused(client, nobody, sandbox):
    client.force_login(nobody)

    assert client.get(LIST).status_code == 403
    assert not sandbox.requests


def test_it_is_only_read(client, viewer, sandbox):
    client.force_login(viewer)

    assert client.post(LIST).status_code == 405


def test_only_an_operator_is_offered_pause_and_resume(client, viewer, operator, sandbox):
    for status in ("PENDING", "ACTIVE", "IDLE", "PAUSED", "CANCELED", "EXPIRED", "THROTTLED"):
        sandbox.store.add_batch(f"{status}.1", status=status)

    client.force_login(viewer)
    assert "<button id=" not in client.get(LIST).content.decode()

    client.force_login(operator)
    html = client.get(LIST, {"order": "status"}).content.decode()
    buttons = sorted(attributes(html, "main button[id]", "id"))
    assert buttons == ["pause-ACTIVE.1", "pause-IDLE.1", "pause-PENDING.1", "resume-PAUSED.1"]
    assert 'action="/batches/ACTIVE.1/pause/"' in html
    assert '<input type="hidden" name="next" value="/batches/?order=status">' in html
    assert html.count("csrfmiddlewaretoken") >= 4


def test_rows_that_an_operation_can_touch_can_be_selected_by_an_operator(client, viewer, operator, sandbox):
    for status in ("PENDING", "ACTIVE", "IDLE", "PAUSED", "CANCELED", "EXPIRED", "THROTTLED"):
        sandbox.store.add_batch(f"{status} <1>", status=status)

    client.force_login(viewer)
    assert 'form="selected"' not in client.get(LIST).content.decode()

    client.force_login(operator)
    html = client.get(LIST, {"order": "status", "q": "<1>"}).content.decode()
    boxes = attributes(html, '[form="selected"][name="batch"]', "value")
    assert boxes == ["ACTIVE <1>", "IDLE <1>", "PAUSED <1>", "PENDING <1>"]
    assert attributes(html, 'form#selected[method="post"]', "action") == ["/operations/"]
    assert hidden(html, "#selected")["list"] == "q=%3C1%3E&order=status"
    assert hidden(html, "#selected")["q"] == "<1>"
    assert "All 7 matching this filter" in html


# What --------------------------------------------------------------------------------------------------------------


def test_a_row_says_what_there_is_to_know(open_list, sandbox):
    campaign = sandbox.store.add_campaign(campaign_name="Flu shots")
    sandbox.store.add_batch(
        "20250117.9",
        campaign_id=campaign,
        status="ACTIVE",
        requests=12,
        expires_on=ahead(days=3, hours=1),
        last_worked_on=ago(minutes=7, seconds=5),
        last_updated_by="ada@example.com",
    )

    html = open_list()

    assert 'href="/batches/20250117.9/"' in html
    words = in_words(html)
    assert "20250117.9 Flu shots ACTIVE 12 in 3 d 7 min ago ada@example.com" in words
    assert f"1{DASH}1 of 1" in words


def test_batches_come_by_id_and_only_the_order_by_creation_says_more_than_that(open_list, sandbox):
    for batch_id in ("20250117.18", "20250119.1", "20250117.9"):
        sandbox.store.add_batch(batch_id)

    html = open_list()

    assert shown(html) == ["20250119.1", "20250117.9", "20250117.18"]
    assert '<option value="-batch_id" selected>Batch id, Z to A</option>' in html
    orders = texts(html, "#filter-order option")
    assert [order for order in orders if "newest" in order] == ["Created, newest first"]
    [table] = texts(html.casefold(), "#batch-list")
    assert not [word for word in ("newest", "oldest") if word in table]


def test_an_expiry_is_marked_when_it_is_near_or_past(open_list, sandbox):
    sandbox.store.add_batch("near", status="ACTIVE", expires_on=ahead(hours=5, minutes=1))
    sandbox.store.add_batch("far", status="ACTIVE", expires_on=ahead(hours=25, minutes=1))
    sandbox.store.add_batch("past", status="ACTIVE", expires_on=ago(hours=2))
    sandbox.store.add_batch("over", status="EXPIRED", expires_on=ago(hours=3))
    sandbox.store.add_batch("none", status="ACTIVE")

    html = open_list()

    words = in_words(html)
    assert "near Campaign ACTIVE 0 soon, in 5 h" in words
    assert "far Campaign ACTIVE 0 in 1 d" in words
    assert "past Campaign ACTIVE 0 passed 2 h ago" in words
    assert "over Campaign EXPIRED 0 3 h ago" in words
    assert "none Campaign ACTIVE 0 never" in words
    assert html.count("list-warning") == 2


@pytest.mark.parametrize("contract", ["current"])
@pytest.mark.parametrize("status", ["CANCELED", "EXPIRED", "FAILED"])
def test_a_batch_that_is_over_is_not_urgent(open_list, sandbox, status):
    sandbox.store.add_batch("past", status=status, expires_on=ago(hours=2))
    sandbox.store.add_batch("near", status=status, expires_on=ahead(hours=2, minutes=1))

    html = open_list()

    assert f"past Campaign {status} {DASH} 2 h ago" in in_words(html)
    assert f"near Campaign {status} {DASH} in 2 h" in in_words(html)
    assert "list-warning" not in html


def test_odd_rows_are_shown_as_they_are(open_list, sandbox):
    sandbox.store.add_batch("odd", status="THROTTLED", expires_on="tomorrow", extra={"colour": "red"}, omit=["count"])
    sandbox.store.add_batch("without a campaign", campaign_id=None, last_updated_by=None)
    sandbox.store.add_batch("nameless", omit=["batch_id"])

    html = open_list()

    words = in_words(html)
    assert f"odd Campaign THROTTLED {DASH} tomorrow" in words
    assert f"without a campaign {DASH} PENDING" in words
    assert "no id Campaign PENDING" in words
    assert sorted(shown(html)) == ["odd", "without~20a~20campaign"]


def test_it_survives_half_a_surrogate_pair(open_list, sandbox):
    rows = rb'{"items": [{"batch_id": "\ud800", "last_updated_by": "\udfff"}, {"batch_id": "fine"}]}'
    sandbox.faults.add(faults.answer(200, content=rows), path=r"/batches$", times=None)

    assert "fine" in shown(open_list())


def test_what_the_api_says_is_never_markup(open_list, sandbox):
    attack = '"><script>alert(1)</script>'
    campaign = sandbox.store.add_campaign(campaign_name=attack)
    sandbox.store.add_batch(attack, campaign_id=campaign, status=attack, expires_on=attack, last_updated_by=attack)

    html = open_list(q='"><script>')

    assert shown(html) == ["~22~3E~3Cscript~3Ealert~281~29~3C~2Fscript~3E"]
    assert "<script>alert" not in html
    assert '"><script>' not in html


def test_it_says_when_there_are_no_batches(open_list):
    words = in_words(open_list())

    assert "There are no batches yet" in words
    assert "Clear filters" not in words


def test_it_says_when_nothing_matches(open_list, sandbox):
    sandbox.store.add_batch("20250117.1")

    html = open_list(q="no such batch", limit=50)

    assert "No batch matches" in in_words(html)
    assert '<a class="btn" href="/batches/?limit=50">Clear filters</a>' in html


# Filters -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_campaigns(sandbox):
    sms, calls = (sandbox.store.add_campaign(campaign_name=name) for name in ("SMS", "Calls"))
    sandbox.store.add_batch("20250117.1", campaign_id=sms, status="PAUSED", expires_on=ahead(days=9))
    sandbox.store.add_batch("20250117.2", campaign_id=calls, status="PAUSED", expires_on=ahead(days=1))
    sandbox.store.add_batch("20250118.1", campaign_id=calls, status="ACTIVE", expires_on=ahead(days=5))
    return sms, calls


def test_it_filters_by_status_campaign_and_id(open_list, two_campaigns):
    _, calls = two_campaigns

    assert shown(open_list(status="PAUSED")) == ["20250117.2", "20250117.1"]
    assert shown(open_list(campaign=calls)) == ["20250118.1", "20250117.2"]
    assert shown(open_list(q="20250117")) == ["20250117.2", "20250117.1"]
    assert shown(open_list(status="PAUSED", campaign=calls, q="20250117")) == ["20250117.2"]


def test_the_tabs_count_within_the_campaign_and_the_search(open_list, two_campaigns):
    _, calls = two_campaigns

    everywhere = {
        "All": "3",
        "PENDING": "0",
        "ACTIVE": "1",
        "PAUSED": "2",
        "IDLE": "0",
        "CANCELED": "0",
        "EXPIRED": "0",
    }
    assert tabs(open_list()) == everywhere
    assert tabs(open_list(status="PAUSED")) == everywhere
    assert tabs(open_list(campaign=calls)) == everywhere | {"All": "2", "PAUSED": "1"}
    assert tabs(open_list(q="20250118")) == everywhere | {"All": "1", "PAUSED": "0"}


def test_a_tab_keeps_the_other_filters_and_leaves_the_page(open_list, two_campaigns):
    sms, _ = two_campaigns

    html = open_list(campaign=sms, q="2025", order="expires_on", limit=50, page=3)

    kept = {"campaign": str(sms), "q": "2025", "order": "expires_on", "limit": "50"}
    assert link(html, "tab-1") == kept
    assert link(html, "tab-4") == kept | {"status": "PAUSED"}


def test_a_status_that_the_contract_does_not_know_is_a_filter_too(open_list, sandbox):
    sandbox.store.add_batch("odd", status="THROTTLED")
    sandbox.store.add_batch("usual")

    html = open_list(status="THROTTLED")

    assert shown(html) == ["odd"]
    assert tabs(html)["THROTTLED"] == "1"


def test_the_form_shows_what_is_chosen(open_list, two_campaigns):
    _, calls = two_campaigns

    html = open_list(status="PAUSED", campaign=calls, q="2025", limit=100)

    assert attributes(html, '#list-filter [name="status"][checked]', "value") == ["PAUSED"]
    assert f'<option value="{calls}" selected>Calls</option>' in html
    assert '<option value="100" selected>100</option>' in html
    assert 'name="q" value="2025"' in html


def test_columns_sort_and_say_so(open_list, two_campaigns):
    html = open_list(order="expires_on", status="PAUSED")

    assert shown(html) == ["20250117.2", "20250117.1"]
    assert attributes(html, "[aria-sort]", "class") == ["list-expires_on"]
    assert attributes(html, "[aria-sort]", "aria-sort") == ["ascending"]
    assert link(html, "sort-expires_on") == {"status": "PAUSED", "order": "-expires_on"}
    assert link(html, "sort-status") == {"status": "PAUSED", "order": "status"}
    assert not attributes(html, "#sort-count", "href")
    assert shown(open_list(order="-expires_on", status="PAUSED")) == ["20250117.1", "20250117.2"]


def updated_in_turn(sandbox):
    for number, batch_id in enumerate(("b.9", "b.18", "b.1")):
        sandbox.store.add_batch(batch_id, last_updated_at=ago(hours=9 - number))


@pytest.mark.parametrize("contract", ["current"])
def test_where_the_api_sorts_by_the_last_update_the_list_does(open_list, sandbox):
    updated_in_turn(sandbox)

    html = open_list(order="-last_updated_at")

    assert shown(html) == ["b.1", "b.18", "b.9"]
    assert '<option value="-last_updated_at" selected>Last updated, latest first</option>' in html
    assert 'class="list-last_worked_on" aria-sort="descending"' in html
    assert link(html, "sort-last_worked_on") == {"order": "last_updated_at"}


def test_where_it_does_not_no_such_order_is_offered(open_list, sandbox):
    updated_in_turn(sandbox)

    html = open_list(order="-last_updated_at")

    assert "The list cannot be sorted like that. The usual order is shown." in in_words(html)
    assert "last_updated_at" not in html.split("<main")[1]
    assert 'id="sort-last_worked_on"' not in html


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"page": "abc"}, "Page numbers start at 1"),
        ({"page": "-1"}, "Page numbers start at 1"),
        ({"page": "0"}, "Page numbers start at 1"),
        ({"page": str(10**30)}, "Page numbers start at 1"),
        ({"page": "²"}, "Page numbers start at 1"),
        ({"limit": "1000000"}, "A page can have 25, 50 or 100 rows"),
        ({"order": "deleted_reason"}, "cannot be sorted like that"),
        ({"order": "--batch_id"}, "cannot be sorted like that"),
        ({"campaign": "7\x00"}, "No campaign can have the id"),
        ({"campaign": "9" * 400}, "No campaign can have the id"),
        ({"status": "A\x00B"}, "No batch can have the status"),
        ({"q": "a\x00b"}, "A search can have at most 200 visible characters"),
        ({"q": "x" * 5000}, "A search can have at most 200 visible characters"),
    ],
)
def test_what_cannot_be_used_is_said_and_left_out(open_list, sandbox, query, sentence):
    sandbox.store.add_batch("20250117.1")

    html = open_list(**query)

    assert sentence in in_words(html)
    assert shown(html) == ["20250117.1"]
