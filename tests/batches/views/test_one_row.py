"""What a click on a row answers to a script: the outcome, and the row as the batch is now."""

import pytest

from sandbox import faults
from tests.html import attributes, parsed

pytestmark = pytest.mark.django_db
ID = "20261123.9"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def click(client, operator, sandbox):
    """Have the operator click on a batch of the list of active batches, and return the answer."""
    sandbox.store.add_batch(ID, status="ACTIVE", requests=3)
    client.force_login(operator)

    def click(address=f"/batches/{ID}/pause/", **posted):
        return client.post(address, {"next": "/batches/?status=ACTIVE"} | posted, headers=HTMX)

    return click


def test_it_has_the_outcome_and_the_row_although_the_filter_has_no_such_batch(click):
    response = click()

    html = response.content.decode()
    assert response.status_code == 200
    assert attributes(html, "[data-outcome]", "data-outcome") == ["applied"]
    assert attributes(html, "tr [data-status]", "data-status") == ["PAUSED"]
    assert attributes(html, "tr button", "id") == [f"resume-{ID}"]
    assert attributes(html, "form[data-in-place] [name=next]", "value") == ["/batches/?status=ACTIVE"]
    assert "app-heads" in attributes(html, "[id]", "id")


def test_it_calls_syllable_no_more_often_than_the_write_does(click, sandbox):
    click()
    assert [request.method for request in sandbox.requests] == ["GET", "PUT"]


def test_a_batch_that_cannot_be_read_has_no_row(click, sandbox):
    sandbox.faults.add(faults.answer(500), times=None)

    html = click().content.decode()

    assert attributes(html, "[data-outcome]", "data-outcome") == ["not_sent"]
    assert not parsed(html).css("tr")


def test_a_conflict_has_the_row_as_it_is_now(click, sandbox):
    sandbox.store.change_batch(ID, status="PENDING")

    html = click(f"/batches/{ID}/resume/").content.decode()

    assert attributes(html, "[data-outcome]", "data-outcome") == ["conflict"]
    assert attributes(html, "tr button", "id") == [f"pause-{ID}"]
    assert not sandbox.requests.of("PUT")


@pytest.mark.parametrize(
    "back", ["", "//evil.example/?status=ACTIVE", "/batches/?page=x&order=y", "/campaigns/7/", "/["]
)
def test_any_next_gives_the_row(click, back):
    html = click(next=back).content.decode()
    assert attributes(html, "tr [data-status]", "data-status") == ["PAUSED"]


def test_whoever_may_not_edit_is_refused(click, client, viewer, sandbox):
    client.force_login(viewer)
    assert click().status_code == 403
    assert not sandbox.requests.of("PUT")


def test_nobody_is_led_to_the_login(click, client):
    client.logout()
    assert click().headers["HX-Refresh"] == "true"
