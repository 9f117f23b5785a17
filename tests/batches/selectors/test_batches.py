"""What the list of batches reads, without its page. Nothing here may touch the database: the reads run in a pool."""

import time

import pytest

from batches.access import EVERYTHING
from batches.selectors import batches as selectors
from batches.selectors.batches import batch_list
from batches.selectors.campaign_names import campaign_label, campaign_name
from sandbox import faults
from syllable.errors import NotSent, TimedOut
from syllable.schemas import BatchQuery

# Seconds for which a busy machine may do nothing at all; far less than the API hangs.
STALL = 60


def test_a_list_comes_with_counts_and_names(sandbox):
    campaign = sandbox.store.add_campaign(campaign_name="Flu shots")
    sandbox.store.add_batch("20250117.1", campaign_id=campaign, status="PAUSED")
    sandbox.store.add_batch("20250117.2", campaign_id=campaign, status="THROTTLED")

    found = batch_list(BatchQuery(order_by="batch_id"), scope=EVERYTHING)

    assert [batch.batch_id for batch in found.page.items] == ["20250117.1", "20250117.2"]
    assert found.error is None
    assert found.counts == {"": 2, "PENDING": 0, "ACTIVE": 0, "PAUSED": 1, "IDLE": 0, "CANCELED": 0, "EXPIRED": 0}
    assert found.campaign_names == {str(campaign): "Flu shots"}


def test_counts_ask_for_one_row_of_the_first_page(sandbox):
    batch_list(
        BatchQuery(status="PAUSED", campaign_id="7", batch_id="2025", order_by="status", page=3, limit=100),
        scope=EVERYTHING,
    )

    queries = [request.query for request in sandbox.requests if request.path.endswith("/batches")]
    counting = [query for query in queries if query["limit"] == ["1"]]
    assert len(counting) == 6
    assert all(query["page"] == ["0"] for query in counting)
    assert all({"2025", "7"} <= set(query["search_field_values"]) for query in counting)


def test_the_page_itself_tells_the_count_of_its_status(sandbox):
    sandbox.store.add_batch("20250117.1", status="PAUSED")
    batch_list(BatchQuery(status="PAUSED"), scope=EVERYTHING)
    sandbox.store.add_batch("20250117.2", status="PAUSED")

    assert batch_list(BatchQuery(status="PAUSED"), scope=EVERYTHING).counts["PAUSED"] == 2


def test_counts_are_kept_for_a_moment_only(sandbox, monkeypatch):
    batch_list(BatchQuery(), scope=EVERYTHING)
    sandbox.store.add_batch("20250117.1", status="PAUSED")
    assert batch_list(BatchQuery(), scope=EVERYTHING).counts["PAUSED"] == 0

    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + selectors.COUNTS_KEPT_SECONDS)

    assert batch_list(BatchQuery(), scope=EVERYTHING).counts["PAUSED"] == 1


def test_a_list_that_cannot_be_read_is_a_result_too(sandbox, settings):
    settings.SYLLABLE_API_URL = "http://127.0.0.1:1"

    found = batch_list(BatchQuery(status="PAUSED"), scope=EVERYTHING)

    assert found.page is None
    assert isinstance(found.error, NotSent)
    assert set(found.counts.values()) == {None}
    assert found.campaign_names == {}


@pytest.mark.parametrize("seconds", [0.1, 0.3])
def test_everything_together_keeps_to_the_timeout(sandbox, settings, seconds):
    settings.SYLLABLE_TIMEOUT = seconds
    sandbox.faults.add(faults.hang(), times=None)

    start = time.monotonic()
    found = batch_list(BatchQuery(), scope=EVERYTHING)

    # On a machine that stalls the time may be over before anything is sent.
    assert isinstance(found.error, TimedOut | NotSent)
    assert seconds <= time.monotonic() - start < seconds + STALL


def test_names_are_asked_for_once(sandbox):
    campaign = sandbox.store.add_campaign(campaign_name="Flu shots")

    assert campaign_name(campaign, scope=EVERYTHING) == "Flu shots"
    assert campaign_name(campaign, scope=EVERYTHING) == "Flu shots"
    # What the test before gave up may still arrive.
    assert len([request for request in list(sandbox.requests) if "/campaigns" in request.path]) == 1


def test_a_name_that_cannot_be_read_is_a_number(sandbox):
    sandbox.faults.add(faults.answer(401), times=None)

    assert campaign_name(7, scope=EVERYTHING) == "Campaign 7"


@pytest.mark.parametrize(
    ("campaign_id", "name", "label"),
    [
        (7, "Flu", "Flu"),
        (7, None, "Campaign 7"),
        (7, "  ", "Campaign 7"),
        ("odd", None, "Campaign odd"),
        (None, None, ""),
    ],
)
def test_a_campaign_is_called_by_its_name_or_its_number(campaign_id, name, label):
    assert campaign_label(campaign_id, name) == label
