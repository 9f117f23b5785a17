"""Contract 2025-04: what a PUT carries, and how a change is recognised."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syllable.contracts import CONTRACTS
from syllable.errors import Inexpressible
from syllable.schemas import Batch, BatchEdit, BatchStatus, Timestamp

CONTRACT = CONTRACTS["2025-04"]
NOW = datetime(2026, 11, 23, 14, 2, 11, tzinfo=UTC)
READ = {
    "batch_id": "20250117.9",
    "campaign_id": 1,
    "expires_on": "2024-01-01T00:00:00.1234567+02:00",
    "status": "PAUSED",
    "count": 152,
    "created_at": "2024-01-01 00:00:00",
    "deleted_at": None,
    "deleted_reason": None,
    "last_worked_on": "last tuesday",
    "last_updated_by": "somebody@example.com",
    "status_counts": {"PENDING": 152},
    "colour": "red",
}
ACTIVATE = BatchEdit(status=BatchStatus.ACTIVE)
CANCEL = BatchEdit(status=BatchStatus.CANCELED, deleted_reason="Wrong list")


def put(edit: BatchEdit, **read: object) -> dict:
    write = CONTRACT.write(Batch.read(READ | read), edit, by="me@example.com", now=NOW)
    assert (write.method, write.batch_id, write.form) == ("PUT", "20250117.9", None)
    assert write.json is not None
    return write.json


def test_the_whole_batch_goes_back_with_the_edit_on_top():
    edit = BatchEdit(status=BatchStatus.ACTIVE, expires_on=Timestamp.read("2027-01-01T00:00:00Z"))
    expected = READ | {"status": "ACTIVE", "expires_on": "2027-01-01T00:00:00Z", "last_updated_by": "me@example.com"}
    del expected["status_counts"], expected["colour"]
    assert put(edit) == expected


def test_the_status_as_read_goes_back_where_it_is_not_edited():
    assert put(BatchEdit(expires_on=None))["status"] == "PAUSED"
    assert put(BatchEdit(expires_on=None), status="THROTTLED")["status"] == "THROTTLED"


def test_fields_that_the_read_did_not_give_are_not_invented():
    read = {key: READ[key] for key in ("batch_id", "campaign_id", "status")}
    write = CONTRACT.write(Batch.read(read), ACTIVATE, by="me@example.com", now=NOW)
    assert write.json == read | {"status": "ACTIVE", "last_updated_by": "me@example.com"}


def test_a_cleared_expiry_is_null():
    assert put(BatchEdit(expires_on=None))["expires_on"] is None


def test_a_cancel_sets_the_reason_and_the_moment():
    sent = put(CANCEL)
    assert (sent["status"], sent["deleted_reason"], sent["deleted_at"]) == (
        "CANCELED",
        "Wrong list",
        "2026-11-23T14:02:11Z",
    )
    assert CONTRACT.after(Batch.read(READ), CANCEL, now=NOW) == {
        "status": "CANCELED",
        "deleted_reason": "Wrong list",
        "deleted_at": "2026-11-23T14:02:11Z",
    }


def test_a_cancel_keeps_the_moment_that_is_there():
    assert put(CANCEL, deleted_at="2020-01-01")["deleted_at"] == "2020-01-01"
    assert "deleted_at" not in CONTRACT.after(Batch.read(READ | {"deleted_at": "2020-01-01"}), CANCEL, now=NOW)


def test_what_it_writes_leaves_the_batch_that_was_read_alone():
    batch = Batch.read(dict(READ))
    CONTRACT.write(batch, CANCEL, by="me@example.com", now=NOW)
    assert batch.raw == READ


@pytest.mark.parametrize("missing", ["batch_id", "campaign_id", "status"])
def test_a_batch_without_what_a_put_needs_cannot_be_written(missing):
    for read in ({key: value for key, value in READ.items() if key != missing}, READ | {missing: None}):
        with pytest.raises(Inexpressible, match=missing):
            CONTRACT.write(Batch.read(read), BatchEdit(expires_on=None), by="me@example.com", now=NOW)


def test_a_batch_without_a_status_can_be_given_one():
    assert put(CANCEL, status=None)["status"] == "CANCELED"


def test_a_status_of_another_contract_cannot_be_written():
    with pytest.raises(Inexpressible, match="FAILED"):
        put(BatchEdit(status=BatchStatus.FAILED))


def test_a_campaign_of_zero_is_a_campaign():
    assert put(ACTIVATE, campaign_id=0)["campaign_id"] == 0


texts = st.text(max_size=40) | st.datetimes().map(str) | st.none()


@given(
    moments=st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("expires_on", "created_at", "deleted_at", "last_worked_on"), texts)
    )
)
def test_untouched_timestamps_go_back_byte_for_byte(moments):
    read = {"batch_id": "1", "campaign_id": 1, "status": "PAUSED"} | moments
    answer = json.loads(json.dumps(read))
    write = CONTRACT.write(Batch.read(answer), ACTIVATE, by="me@example.com", now=NOW)
    assert write.json is not None
    assert {name: write.json[name] for name in moments} == moments
    assert set(write.json) == set(read) | {"last_updated_by"}


@pytest.mark.parametrize(
    ("edit", "shown", "expected"),
    [
        (ACTIVATE, {"status": "ACTIVE"}, True),
        (ACTIVATE, {"status": "IDLE"}, True),
        (ACTIVATE, {"status": "PENDING"}, False),
        (BatchEdit(status=BatchStatus.PAUSED), {"status": "IDLE"}, False),
        (BatchEdit(status=BatchStatus.IDLE), {"status": "ACTIVE"}, False),
        (BatchEdit(status=BatchStatus.PAUSED), {"status": "PAUSED", "expires_on": "elsewhere edited"}, True),
        (BatchEdit(expires_on=None), {"expires_on": None}, True),
        (BatchEdit(expires_on=None), {"expires_on": "2024-01-01T00:00:00Z"}, False),
        (BatchEdit(expires_on=Timestamp.read("2024-01-01T00:00:00Z")), {"expires_on": None}, False),
        (
            BatchEdit(expires_on=Timestamp.read("2024-01-01T00:00:00Z")),
            {"expires_on": "2024-01-01T02:00:00.000+02:00"},
            True,
        ),
        (BatchEdit(expires_on=Timestamp.read("2024-01-01T00:00:00Z")), {"expires_on": "2024-01-01T00:00:01Z"}, False),
        (CANCEL, {"status": "CANCELED", "deleted_reason": " Wrong list\n"}, True),
        (CANCEL, {"status": "CANCELED", "deleted_reason": "Another"}, False),
        (CANCEL, {"status": "CANCELED", "deleted_reason": None}, False),
        (BatchEdit(), {}, True),
    ],
)
def test_it_recognises_the_edited_fields_alone(edit, shown, expected):
    assert CONTRACT.shows(Batch.read(READ | shown), edit) is expected


def test_an_expiry_that_the_answer_lacks_is_no_expiry():
    batch = Batch.read({"batch_id": "1"})
    assert CONTRACT.shows(batch, BatchEdit(expires_on=None))
