"""The fault table, reads: the page says what happened, offers to try again, and is never a bare 500."""

import pytest
from django.urls import reverse

from sandbox import faults
from sandbox.contracts import CONTRACTS
from tests.faults.conftest import ID
from tests.faults.rows import ROWS, SOON, in_turn

pytestmark = pytest.mark.django_db

BOTH = pytest.mark.parametrize("contract", CONTRACTS)
PAGES = {
    "list": lambda: reverse("batches:batch_list"),
    "batch": lambda: reverse("batches:batch", args=[ID]),
    "campaigns": lambda: reverse("batches:campaign_list"),
    "campaign": lambda: reverse("batches:campaign", args=[1]),
    "requests": lambda: reverse("batches:request_list", args=[ID]),
}


@pytest.mark.parametrize("page", PAGES)
@in_turn([row for row in ROWS if not row.taken])
def test_read(account, visitor, settings, nobody_sees_the_key, give_up_soon, row, page):
    if row.slow:
        give_up_soon(SOON)
    if row.address:
        settings.SYLLABLE_API_URL = row.address(account.url)
    else:
        account.faults.add(row.fault(), method="GET", times=None)
    response = visitor.get(PAGES[page]())
    nobody_sees_the_key(response)
    assert response.status_code in (404, 503)
    html = response.content.decode()
    assert "Syllable" in html
    assert "Try again" in html or response.status_code == 404


@BOTH
@pytest.mark.parametrize("page", PAGES)
def test_odd_data_breaks_no_page(account, visitor, nobody_sees_the_key, page):
    account.store.change_batch(ID, status="THROTTLED", extra={"expires_on": "soon", "count": "many", "colour": "red"})
    response = visitor.get(PAGES[page]())
    nobody_sees_the_key(response)
    assert response.status_code == 200


@BOTH
def test_duplicate_rows_across_pages_are_shown_as_they_come(account, visitor, nobody_sees_the_key):
    row = account.batch(ID)
    same = {"items": [row, row], "page": 0, "page_size": 25, "total_count": 60, "total_pages": 3}
    account.faults.add(faults.answer(200, same), method="GET", path=r"/batches\?", times=None)
    for number in (1, 2):
        response = visitor.get(reverse("batches:batch_list"), {"page": number})
        nobody_sees_the_key(response)
        assert response.status_code == 200


@BOTH
def test_a_list_that_never_ends_costs_what_one_page_costs(account, visitor, nobody_sees_the_key):
    campaign = {"id": 1, "campaign_name": "Again"}
    endless = {"items": [campaign] * 300, "page": 0, "page_size": 300, "total_count": None}
    account.faults.add(faults.answer(200, endless), method="GET", path="/campaigns", times=None)
    response = visitor.get(reverse("batches:batch_list"))
    nobody_sees_the_key(response)
    assert response.status_code == 200
    assert len([request for request in account.requests if "/campaigns" in request.path]) == 1
