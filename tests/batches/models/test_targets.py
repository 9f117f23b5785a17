"""What an operation is about is one value, that it is started with and that its row gives back."""

import pytest

from batches.models import Kind, Operation, Target, TargetScope
from batches.words.operation import whose


@pytest.mark.parametrize(
    "target",
    [
        Target(TargetScope.CAMPAIGN, campaign_id=7, campaign_name="Flu"),
        Target(TargetScope.FILTER, campaign_id=7, campaign_name="Flu", status="PAUSED", q="2025"),
        Target(TargetScope.FILTER, status="ACTIVE"),
        Target(TargetScope.FILTER, campaign_id=0),
        Target(TargetScope.ALL),
    ],
)
def test_the_row_gives_back_what_was_stored(db, target):
    Operation.objects.create(kind=Kind.PAUSE, **target.fields())
    assert Operation.objects.get().target == target


def test_ticked_batches_are_the_items_of_the_row(db):
    target = Target(TargetScope.SELECTION, campaign_id=7, batch_ids=["a", "b"])
    Operation.objects.create(kind=Kind.PAUSE, **target.fields())
    kept = Operation.objects.get().target
    assert kept == Target(TargetScope.SELECTION, campaign_id=7)
    assert (whose(target), whose(kept)) == ("2 batches", "selected batches")


def test_a_campaign_numbered_0_is_a_campaign():
    assert Target(TargetScope.FILTER, campaign_id=0).query.campaign_id == "0"
