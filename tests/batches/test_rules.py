"""The rules as the table in docs/architecture.md, and the sentences that go with them."""

from datetime import UTC, datetime, timedelta

import pytest

from batches import rules
from syllable.contracts import CONTRACTS
from syllable.schemas import Batch, BatchEdit, BatchStatus, Timestamp

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ABLE = CONTRACTS["2025-04"].abilities
FUTURE, PAST = Timestamp.of(NOW + timedelta(days=1)), Timestamp.of(NOW - timedelta(seconds=1))

# from: (what a person may set, whether the expiry alone may be edited)
TABLE = {
    "PENDING": ("ACTIVE PAUSED CANCELED", True),
    "ACTIVE": ("PAUSED CANCELED", True),
    "IDLE": ("ACTIVE PAUSED CANCELED", True),
    "PAUSED": ("ACTIVE CANCELED", True),
    "EXPIRED": ("CANCELED", False),
    "CANCELED": ("", False),
    "FAILED": ("CANCELED", False),
    "THROTTLED": ("CANCELED", False),
    "": ("CANCELED", False),
}
EVERY_MOVE = [(before, after) for before in TABLE for after in ABLE.statuses if before != after]


def batch(status, **fields):
    return Batch.read({"batch_id": "b", "campaign_id": 1, "status": status, **fields})


def problems(status, edit, **options):
    return rules.problems(batch(status), edit, abilities=ABLE, now=NOW, **options)


@pytest.mark.parametrize(("before", "after"), EVERY_MOVE)
def test_a_person_may_set_what_the_table_says(before, after):
    reason = "Wrong list" if after == BatchStatus.CANCELED else None
    found = problems(before, BatchEdit(status=after, deleted_reason=reason))
    assert (found == []) == (after in TABLE[before][0].split())


@pytest.mark.parametrize("status", TABLE)
def test_the_expiry_alone_may_be_edited_where_the_table_says(status):
    assert (problems(status, BatchEdit(expires_on=FUTURE)) == []) == TABLE[status][1]


@pytest.mark.parametrize("status", [BatchStatus.ACTIVE, BatchStatus.PAUSED])
def test_an_expired_batch_comes_back_only_with_a_new_expiry(status):
    assert problems("EXPIRED", BatchEdit(status=status, expires_on=FUTURE)) == []
    for expires_on in (None, PAST):
        assert problems("EXPIRED", BatchEdit(status=status, expires_on=expires_on))[0].field == "expires_on"


@pytest.mark.parametrize("paused_from", [None, *BatchStatus])
def test_paused_becomes_pending_only_where_it_was_paused_as_such(paused_from):
    found = problems("PAUSED", BatchEdit(status=BatchStatus.PENDING), paused_from=paused_from)
    assert (found == []) == (paused_from == BatchStatus.PENDING)


SPACES = ["\u3000\t\u2028", "\u3164", "\u2800"]
UNSEEN = ["\u200b", "\u200f", "\u2060\ufeff", "\u00ad \u200d", "\x07", "\u202e", "\u0301", *SPACES]


@pytest.mark.parametrize("reason", [None, "", "  \n ", *UNSEEN])
def test_canceling_needs_a_reason_that_can_be_seen(reason):
    found = problems("ACTIVE", BatchEdit(status=BatchStatus.CANCELED, deleted_reason=reason))
    assert [problem.field for problem in found] == ["deleted_reason"]


@pytest.mark.parametrize("reason", ["x", "7", "!", "間違い", "\u200bWrong\u200b list", "\U0001f6d1", "e\u0301"])
def test_whatever_can_be_seen_is_a_reason(reason):
    assert problems("ACTIVE", BatchEdit(status=BatchStatus.CANCELED, deleted_reason=reason)) == []
    assert rules.edit_problems(BatchEdit(status=BatchStatus.CANCELED, deleted_reason=reason), now=NOW) == []


def test_a_reason_without_canceling_is_refused():
    assert problems("ACTIVE", BatchEdit(status=BatchStatus.PAUSED, deleted_reason="x"))[0].field == "deleted_reason"


def test_an_expiry_in_the_past_is_refused_and_clearing_it_is_not():
    assert problems("ACTIVE", BatchEdit(expires_on=PAST))[0].field == "expires_on"
    assert problems("ACTIVE", BatchEdit(expires_on=Timestamp.of(NOW)))[0].field == "expires_on"
    assert problems("ACTIVE", BatchEdit(expires_on=None)) == []


def test_an_expiry_that_is_no_moment_is_refused():
    assert problems("ACTIVE", BatchEdit(expires_on=Timestamp.read("soon")))[0].field == "expires_on"


def test_a_status_that_the_contract_does_not_have_is_refused():
    assert problems("ACTIVE", BatchEdit(status=BatchStatus.FAILED))[0].field == "status"


@pytest.mark.parametrize("status", TABLE)
def test_the_dropdown_shows_every_status_and_why_it_cannot_be_chosen(status):
    choices = rules.status_choices(batch(status).status, ABLE)
    assert {str(choice.status) for choice in choices} == {status, *ABLE.statuses}
    allowed = {*TABLE[status][0].split(), status}
    if status == "EXPIRED":
        allowed |= {"ACTIVE", "PAUSED"}
    assert {str(choice.status) for choice in choices if not choice.why_not} == allowed


def test_what_was_loaded_clashes_with_what_is_now_field_by_field():
    loaded = rules.snapshot(batch("ACTIVE", expires_on="2027-01-01T00:00:00Z"))
    now = batch("CANCELED", expires_on="2027-01-01T01:00:00+01:00", deleted_reason="done")
    assert rules.clashes(loaded, now, BatchEdit(expires_on=None)) == ["status", "deleted_reason"]


@pytest.mark.parametrize("now", ["PENDING", "ACTIVE", "IDLE"])
def test_what_moves_by_itself_clashes_only_when_the_status_is_edited(now):
    loaded = rules.snapshot(batch("ACTIVE"))
    assert rules.clashes(loaded, batch(now), BatchEdit(expires_on=None)) == []
    clashing = rules.clashes(loaded, batch(now), BatchEdit(status=BatchStatus.PAUSED))
    assert (clashing == []) == (now == "ACTIVE")


CURRENT = CONTRACTS["current"].abilities


def current_problems(status, edit, **fields):
    return rules.problems(batch(status, **fields), edit, abilities=CURRENT, now=NOW)


def test_what_a_contract_cannot_express_is_disabled_with_the_reason():
    assert current_problems("PENDING", BatchEdit(status=BatchStatus.ACTIVE))[0].field == "status"
    choices = {choice.status: choice.why_not for choice in rules.status_choices(BatchStatus.PENDING, CURRENT)}
    assert "only Syllable can start a pending batch" in choices[BatchStatus.ACTIVE]
    assert choices[BatchStatus.PAUSED] == ""
    assert BatchStatus.IDLE not in choices


@pytest.mark.parametrize(("rate", "fits"), [(1, True), (3600, True), (0, False), (3601, False), (None, False)])
def test_a_call_rate_is_what_the_documents_allow(rate, fits):
    assert (current_problems("ACTIVE", BatchEdit(call_rate=rate)) == []) == fits


def test_the_automatic_call_rate_needs_an_expiry():
    on = BatchEdit(auto_call_rate=True)
    assert current_problems("ACTIVE", on)[0].field == "auto_call_rate"
    assert current_problems("ACTIVE", on, expires_on=FUTURE.text) == []
    assert current_problems("ACTIVE", BatchEdit(auto_call_rate=True, expires_on=FUTURE)) == []
    paced = {"expires_on": FUTURE.text, "auto_call_rate": True}
    assert current_problems("ACTIVE", BatchEdit(expires_on=None), **paced)[0].field == "expires_on"
    assert current_problems("ACTIVE", BatchEdit(expires_on=None, auto_call_rate=False), **paced) == []


@pytest.mark.parametrize("status", ["CANCELED", "EXPIRED", "FAILED", "THROTTLED"])
def test_the_rate_of_a_batch_that_is_over_cannot_be_edited(status):
    assert current_problems(status, BatchEdit(call_rate=5))[0].field == "call_rate"
