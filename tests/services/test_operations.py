"""Operations: one decision over many batches, carried out by a worker."""

import pytest

from batches.models import Change, Kind, Outcome, State
from tests.services.operations import carried_out, start, totals

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign(sandbox):
    """Campaign 7 with twelve active batches, and others that are not its or over."""
    for number in range(12):
        sandbox.store.add_batch(f"a{number}", campaign_id=7, status="ACTIVE", requests=2)
    sandbox.store.add_batch("paused", campaign_id=7, status="PAUSED")
    sandbox.store.add_batch("canceled", campaign_id=7, status="CANCELED")
    sandbox.store.add_batch("other", campaign_id=8, status="ACTIVE")
    return sandbox


@pytest.mark.parametrize("contract", ["2025-04", "current"])
def test_a_pause_pauses_every_active_batch_of_its_campaign_and_no_other(campaign, operator):
    operation = carried_out(start(Kind.PAUSE, operator))

    assert operation.state == State.FINISHED
    assert totals(operation) == {"done": 12}
    assert {campaign.batch(f"a{number}")["status"] for number in range(12)} == {"PAUSED"}
    assert campaign.batch("other")["status"] == "ACTIVE"
    assert operation.left_alone == {"PAUSED": 1, "CANCELED": 1}
    changes = Change.objects.filter(operation=operation)
    assert changes.count() == 12
    assert {change.outcome for change in changes} == {Outcome.APPLIED}
    assert len(campaign.requests.of("PUT")) == 12
