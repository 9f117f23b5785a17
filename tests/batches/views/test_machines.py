"""What machines read of pages stands in attributes, whatever the words are."""

import pytest

from batches.models import Kind, Outcome
from batches.services.changes.update import batch_pause
from sandbox import faults
from tests.batches.services.factories import carried_out, start
from tests.batches.views.operation_pages import OPERATIONS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(sandbox):
    sandbox.store.add_campaign(id=7, campaign_name="Flu shots")
    sandbox.store.add_batch("a0", campaign_id=7, status="ACTIVE")
    sandbox.store.add_batch("a1", campaign_id=7, status="PENDING")
    sandbox.store.add_batch("a2", campaign_id=7, status="CANCELED")
    return sandbox


@pytest.fixture
def html_of(account, client, operator):
    client.force_login(operator)
    return lambda address: client.get(address).content.decode()


@pytest.mark.parametrize(
    "address",
    ["/changes/", "/changes/{pk}/", "/batches/?change={pk}", "/batches/a0/?change={pk}", "/campaigns/7/?change={pk}"],
)
def test_every_page_that_tells_a_change_has_its_outcome_once(html_of, operator, address):
    change = batch_pause(batch_id="a0", actor=operator).change
    assert change.outcome == Outcome.APPLIED
    assert html_of(address.format(pk=change.pk)).count(f'data-outcome="applied" data-change="{change.pk}"') == 1


def test_the_three_versions_of_a_conflict_have_their_outcome(html_of, account, client, operator):
    response = client.post("/batches/a2/resume/")
    assert response.status_code == 409
    assert 'data-outcome="conflict" data-change="' in response.content.decode()


@pytest.mark.parametrize(
    ("address", "statuses"),
    [("/batches/", {"ACTIVE", "PENDING"}), ("/campaigns/7/", {"ACTIVE", "PENDING"}), ("/batches/a0/", {"ACTIVE"})],
)
def test_every_page_with_a_batch_has_its_status(html_of, address, statuses):
    html = html_of(address)
    assert {status for status in ("ACTIVE", "PENDING", "PAUSED") if f'data-status="{status}"' in html} == statuses


def test_a_change_has_the_status_that_was_seen_last(html_of, account, operator):
    account.faults.add(faults.ignore(), method="PUT", times=None)
    change = batch_pause(batch_id="a0", actor=operator).change
    assert 'data-status="ACTIVE"' in html_of(f"/changes/{change.pk}/")


@pytest.mark.parametrize("address", [OPERATIONS, "/campaigns/7/"])
def test_every_page_with_an_operation_has_its_state_and_numbers(html_of, operator, address):
    carried_out(start(Kind.PAUSE, operator))
    numbers = 'data-state="finished" data-done="2" data-failed="0" data-unconfirmed="0" data-skipped="0"'
    assert numbers in html_of(address)


def test_an_operation_in_the_way_has_its_state(html_of, account, client, operator):
    start(Kind.RESUME, operator)
    data = {"kind": "resume", "scope": "campaign", "campaign": "7", "confirm": "1"}
    response = client.post(OPERATIONS, data)
    assert response.status_code == 409
    assert 'data-state="waiting"' in response.content.decode()


def test_a_part_of_an_address_that_cannot_be_used_is_named(html_of):
    assert 'data-problem="order"' in html_of("/batches/?order=color")
