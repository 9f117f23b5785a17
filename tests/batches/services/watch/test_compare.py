"""What happened between two reads: a table."""

import pytest

from batches.models import Change, Outcome
from batches.services.watch.compare import difference, known
from syllable.schemas import Batch, BatchEdit, BatchStatus, Timestamp

A_RAW = {"batch_id": "a", "status": "ACTIVE", "expires_on": None, "call_rate": 10, "auto_call_rate": False}


def what_happened(before, now):
    found = difference(Batch.read({"batch_id": "a", **before}), Batch.read({"batch_id": "a", **now}))
    return found.edit.fields(), found.event and str(found.event)


@pytest.mark.parametrize(
    ("before", "now", "edit", "event"),
    [
        ("ACTIVE", "PAUSED", "PAUSED", None),
        ("ACTIVE", "CANCELED", "CANCELED", None),
        ("PAUSED", "ACTIVE", "ACTIVE", None),
        ("PAUSED", "PENDING", "PENDING", None),
        ("PAUSED", "IDLE", "ACTIVE", None),
        ("EXPIRED", "ACTIVE", "ACTIVE", None),
        ("EXPIRED", "PAUSED", "PAUSED", None),
        ("ACTIVE", "PENDING", "PENDING", None),
        ("THROTTLED", "PAUSED", "PAUSED", None),
        ("ACTIVE", "EXPIRED", None, "expired"),
        ("PAUSED", "EXPIRED", None, "expired"),
        ("ACTIVE", "FAILED", None, "failed"),
        ("ACTIVE", "IDLE", None, "idle"),
        ("PENDING", "IDLE", None, "idle"),
        ("IDLE", "ACTIVE", None, "active_again"),
        ("PENDING", "ACTIVE", None, "started"),
        ("ACTIVE", "THROTTLED", None, None),
        ("ACTIVE", "ACTIVE", None, None),
    ],
)
def test_a_status_is_a_persons_act_or_the_platforms(before, now, edit, event):
    assert what_happened({"status": before}, {"status": now}) == ({"status": edit} if edit else {}, event)


def test_paused_alone_says_that_a_batch_is_paused():
    before = {"status": "PENDING", "paused": False}
    assert what_happened(before, {"status": "PENDING", "paused": True}) == ({"status": "PAUSED"}, None)
    assert what_happened({"status": "PAUSED", "paused": True}, {"status": "PENDING", "paused": True}) == ({}, None)


def test_an_expiry_is_compared_as_a_moment():
    before = {"expires_on": "2099-01-01T00:00:00Z"}
    assert what_happened(before, {"expires_on": "2099-01-01T01:00:00+01:00"}) == ({}, None)
    assert what_happened(before, {"expires_on": None}) == ({"expires_on": None}, None)
    assert what_happened({"expires_on": "soon"}, {"expires_on": "later"}) == ({"expires_on": "later"}, None)


def test_several_fields_are_one_edit_and_an_event_may_come_with_it():
    before = A_RAW | {"deleted_reason": None}
    now = A_RAW | {"status": "EXPIRED", "call_rate": None, "auto_call_rate": True, "deleted_reason": "wrong list"}
    edit = {"call_rate": None, "auto_call_rate": True, "deleted_reason": "wrong list"}
    assert what_happened(before, now) == (edit, "expired")


def test_what_one_of_the_reads_lacks_did_not_change():
    assert what_happened({}, A_RAW) == ({}, None)
    assert what_happened(A_RAW, {}) == ({}, None)
    assert what_happened(A_RAW, A_RAW | {"call_rate": ["odd"], "auto_call_rate": "maybe"}) == ({}, None)


def change(edit, before, seen, outcome=Outcome.APPLIED):
    return Change(edit=edit, before=A_RAW | before, seen=A_RAW | seen, outcome=outcome)


PAUSE = BatchEdit(status=BatchStatus.PAUSED)
LATER = BatchEdit(expires_on=Timestamp.read("2099-01-01T00:00:00Z"))
AT_LATER = {"expires_on": "2099-01-01T00:00:00Z"}


def test_a_change_of_ours_accounts_for_its_own_fields():
    paused = {"status": "PAUSED"}
    assert known(A_RAW, [change(PAUSE, AT_LATER, paused | AT_LATER)]) == A_RAW | paused
    assert known(A_RAW, [change(PAUSE, {}, paused), change(LATER, paused, paused | AT_LATER)]) == (
        A_RAW | paused | AT_LATER
    )


def test_a_change_of_ours_accounts_for_what_it_moved_on_the_side():
    assert known(A_RAW, [change(PAUSE, AT_LATER, {"status": "PAUSED", "expires_on": None})]) == (
        A_RAW | {"status": "PAUSED", "expires_on": None}
    )


@pytest.mark.parametrize("outcome", [Outcome.UNCHANGED, Outcome.CONFLICT, Outcome.NOT_SENT, Outcome.REJECTED])
def test_a_change_that_wrote_nothing_hides_nothing(outcome):
    assert known(A_RAW, [change(PAUSE, {}, {"status": "PAUSED"}, outcome)]) == A_RAW
