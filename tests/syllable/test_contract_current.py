"""Contract `current`: a PUT of few fields and a DELETE, and what is believed of the answers."""

from datetime import UTC, datetime

import pytest

from syllable.contracts import CONTRACTS, Write
from syllable.errors import Inexpressible, WrongContract
from syllable.evidence import Fixed
from syllable.schemas import Batch, BatchEdit, BatchStatus, Timestamp

CONTRACT = CONTRACTS["current"]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
READ = {
    "batch_id": "20261123.9",
    "campaign_id": 7,
    "status": "ACTIVE",
    "paused": False,
    "expires_on": "2026-12-01T00:00:00.5Z",
    "call_rate": 25,
    "auto_call_rate": False,
    "last_updated_by": "key@example.com",
}
PAUSE = BatchEdit(status=BatchStatus.PAUSED)
CANCEL = BatchEdit(status=BatchStatus.CANCELED, deleted_reason="Wrong list")


def write(edit, **read):
    return CONTRACT.write(Batch.read(READ | read), edit, by="me@example.com", now=NOW)


def shows(edit, **read):
    return CONTRACT.shows(Batch.read(READ | read), edit)


def test_a_pause_sends_the_expiry_as_it_came_and_leaves_out_what_stays_by_itself():
    sent = write(PAUSE)
    assert (sent.method, sent.form) == ("PUT", None)
    assert sent.json == {"paused": True, "expires_on": "2026-12-01T00:00:00.5Z"}


def fallback(edit, **read):
    return CONTRACT.fallback(Batch.read(READ | read), edit)


def test_a_pause_falls_back_to_the_pause_alone():
    assert fallback(PAUSE) == Write("PUT", READ["batch_id"], json={"paused": True})
    assert fallback(PAUSE, expires_on=None).json == {"paused": True}


@pytest.mark.parametrize(
    "edit",
    [
        BatchEdit(status=BatchStatus.ACTIVE),
        BatchEdit(status=BatchStatus.PAUSED, expires_on=None),
        BatchEdit(status=BatchStatus.PAUSED, call_rate=5),
        BatchEdit(expires_on=None),
        BatchEdit(auto_call_rate=False),
        CANCEL,
    ],
)
def test_no_other_edit_has_a_fallback(edit):
    assert fallback(edit) is None


def test_what_was_sent_alone_already_has_no_fallback():
    without = {name: value for name, value in READ.items() if name != "expires_on"}
    assert CONTRACT.write(Batch.read(without), PAUSE, by="me@example.com", now=NOW).json == {"paused": True}
    assert CONTRACT.fallback(Batch.read(without), PAUSE) is None


def test_the_older_contract_replaces_the_whole_batch_and_has_none():
    assert CONTRACTS["2025-04"].fallback(Batch.read(READ), PAUSE) is None


@pytest.mark.parametrize("status", [BatchStatus.ACTIVE, BatchStatus.PENDING])
def test_a_resume_releases_the_batch(status):
    assert write(BatchEdit(status=status), status="PAUSED", paused=True).json["paused"] is False


def test_an_edit_of_the_expiry_never_releases_a_paused_batch():
    assert write(BatchEdit(expires_on=None), status="PAUSED", paused=True).json["paused"] is True
    assert write(BatchEdit(expires_on=None), status="PAUSED", paused=None).json["paused"] is True


def test_rates_are_sent_as_edited():
    sent = write(BatchEdit(call_rate=100, auto_call_rate=True)).json
    assert (sent["call_rate"], sent["auto_call_rate"], sent["paused"]) == (100, True, False)


def test_canceling_is_a_delete_with_the_reason():
    sent = write(CANCEL)
    assert (sent.method, sent.json, sent.form) == ("DELETE", None, {"delete_reason": "Wrong list"})


def test_a_status_it_does_not_have_cannot_be_written():
    with pytest.raises(Inexpressible, match="no status IDLE"):
        write(BatchEdit(status=BatchStatus.IDLE))


def test_the_older_contract_has_no_rates():
    with pytest.raises(Inexpressible, match="cannot edit auto_call_rate or call_rate"):
        CONTRACTS["2025-04"].write(
            Batch.read(READ), BatchEdit(call_rate=1, auto_call_rate=True), by="me@example.com", now=NOW
        )


@pytest.mark.parametrize(
    ("edit", "read", "expected"),
    [
        (PAUSE, {"paused": True, "status": "PAUSED"}, True),
        (PAUSE, {"paused": False, "status": "PAUSED"}, False),
        (PAUSE, {"paused": True, "status": "CANCELED"}, False),
        (PAUSE, {"paused": None, "status": "PAUSED"}, True),
        (BatchEdit(status=BatchStatus.ACTIVE), {"status": "PENDING"}, True),
        (BatchEdit(status=BatchStatus.PENDING), {"status": "ACTIVE"}, True),
        (BatchEdit(status=BatchStatus.ACTIVE), {"status": "ACTIVE", "paused": True}, False),
        (BatchEdit(status=BatchStatus.ACTIVE), {"status": "EXPIRED"}, False),
        (CANCEL, {"status": "CANCELED", "deleted_reason": " Wrong list "}, True),
        (CANCEL, {"status": "CANCELED", "deleted_reason": "Another"}, False),
        (BatchEdit(call_rate=25), {}, True),
        (BatchEdit(call_rate=26), {}, False),
        (BatchEdit(auto_call_rate=True), {}, False),
        (BatchEdit(auto_call_rate=False), {}, True),
        (BatchEdit(expires_on=Timestamp.read("2026-12-01T01:00:00.5+01:00")), {}, True),
        (BatchEdit(expires_on=None), {}, False),
    ],
)
def test_it_believes_what_it_reads(edit, read, expected):
    assert shows(edit, **read) is expected


@pytest.mark.parametrize(
    ("raw", "spoken"),
    [
        ({"paused": None}, "current"),
        ({"paused": True, "count": 3}, "current"),
        ({"count": None}, "2025-04"),
        ({"last_worked_on": None}, "2025-04"),
        ({"batch_id": "x", "status": "ACTIVE"}, ""),
    ],
)
def test_a_contract_is_told_by_positive_evidence_only(raw, spoken):
    assert Batch.read(raw).spoken_contract == spoken


def test_evidence_of_the_other_contract_stops_a_write():
    assert Fixed(CONTRACT).to_write(Batch.read(READ)) is CONTRACT
    assert Fixed(CONTRACT).to_write(Batch.read({"batch_id": "x"})) is CONTRACT
    with pytest.raises(WrongContract, match="speaks 2025-04"):
        Fixed(CONTRACT).to_write(Batch.read({"count": 1}))
    with pytest.raises(WrongContract, match="speaks current"):
        Fixed(CONTRACTS["2025-04"]).to_write(Batch.read(READ))
