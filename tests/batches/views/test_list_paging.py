"""The list of batches: its pages, its refresh, and what both cost."""

from threading import Barrier

import pytest
from django.core.cache import caches

from sandbox import faults
from tests.batches.views.list_page import DASH, LIST, link, shown, tabs
from tests.html import in_words

STATUSES = 6

pytestmark = pytest.mark.django_db


@pytest.fixture
def sixty(sandbox):
    for number in range(60):
        sandbox.store.add_batch(f"20250117.{number:02}")


def list_calls(sandbox):
    return [request for request in sandbox.requests if request.path.endswith("/batches")]


def test_pages_follow_each_other(open_list, sixty):
    first, second, third = open_list(), open_list(page=2), open_list(page=3)

    assert (len(shown(first)), len(shown(second)), len(shown(third))) == (25, 25, 10)
    assert not set(shown(first)) & set(shown(second))
    assert f"26{DASH}50 of 60" in in_words(second)
    assert link(second, "page-next") == {"page": "3"}
    assert link(second, "page-previous") == {}
    assert "page-previous" not in first
    assert "page-next" not in third


def test_a_page_can_be_longer(open_list, sixty):
    html = open_list(limit=50, page=2)

    assert len(shown(html)) == 10
    assert link(html, "page-previous") == {"limit": "50"}


def test_a_page_past_the_end_says_so(open_list, sixty):
    html = open_list(page=9, order="status")

    assert "This page is past the end of the list The last page is 3. Go to page 1" in in_words(html)
    assert 'href="/batches/?order=status">Go to page 1' in html


def test_without_a_total_a_full_page_may_have_a_next(open_list, sandbox):
    rows = [{"batch_id": f"20250117.{number:02}", "campaign_id": 1, "status": "IDLE"} for number in range(25)]
    answer = {"items": rows, "page": 1, "page_size": 25, "total_count": None, "total_pages": None}
    sandbox.faults.add(faults.answer(200, answer), path=r"/batches$", times=None)

    html = open_list(page=2)

    assert f"26{DASH}50" in in_words(html)
    assert f"26{DASH}50 of" not in in_words(html)
    assert link(html, "page-next") == {"page": "3"}
    assert set(tabs(html).values()) == {DASH}


def test_rows_that_are_no_objects_are_counted(open_list, sandbox):
    answer = {"items": [{"batch_id": "fine"}, 7, None], "page": 0, "page_size": 25, "total_count": 3}
    sandbox.faults.add(faults.answer(200, answer), path=r"/batches$", times=None)

    html = open_list()

    assert shown(html) == ["fine"]
    assert "2 rows could not be read" in in_words(html)


def test_the_first_load_costs_two_calls_and_the_counts(open_list, sandbox, sixty):
    open_list(status="PENDING")

    assert len(list_calls(sandbox)) == 1 + STATUSES
    assert len(sandbox.requests) == 2 + STATUSES


def test_the_next_load_costs_one_call(open_list, sandbox, sixty):
    open_list(status="PENDING")
    sandbox.requests.clear()

    open_list(status="PENDING", page=2)

    assert len(sandbox.requests) == 1


def test_counts_that_the_api_does_not_know_are_not_asked_for_again(open_list, sandbox):
    answer = {"items": [], "page": 0, "page_size": 25, "total_count": None}
    sandbox.faults.add(faults.answer(200, answer), path=r"/batches$", times=None)
    open_list()
    sandbox.requests.clear()

    open_list()

    assert len(sandbox.requests) == 1


def test_the_counts_are_read_side_by_side(open_list, sandbox, sixty):
    caches["local"].clear()
    everybody = Barrier(STATUSES + 1)
    sandbox.before(lambda request: everybody.wait(60), path=r"/batches$", times=None)

    html = open_list()

    assert DASH not in tabs(html).values()


@pytest.mark.parametrize("limit", [25, 100])
def test_the_database_is_asked_as_often_for_many_rows_as_for_few(
    client, operator, sandbox, sixty, limit, django_assert_num_queries
):
    client.force_login(operator)

    # The session, the user, what they may do by themselves and by their roles, how far the batches are, what is open.
    with django_assert_num_queries(6):
        client.get(LIST, {"limit": limit})


def test_a_refresh_is_the_table_alone(client, viewer, sandbox, sixty):
    client.force_login(viewer)

    response = client.get(LIST, {"page": 2}, headers={"HX-Request": "true"})

    html = response.content.decode()
    assert response.status_code == 200
    assert html.lstrip().startswith('<div id="batch-list"')
    assert 'hx-get="/batches/?page=2"' in html
    assert len(shown(html)) == 25
    assert "<html" not in html
    assert "HX-Request" in response["Vary"]


def test_the_whole_page_varies_with_the_kind_of_request(client, viewer, sandbox):
    client.force_login(viewer)

    assert "HX-Request" in client.get(LIST)["Vary"]


def test_there_is_no_script_and_no_style_within_the_page(open_list, sixty):
    html = open_list()

    assert "<script>" not in html
    assert "<style" not in html
    assert "style=" not in html
    assert "onclick" not in html
