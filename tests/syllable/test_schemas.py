"""What the API says, read: anything that is JSON."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syllable.errors import FieldError, UnreadableAnswer
from syllable.schemas import (
    KEEP,
    Agent,
    Batch,
    BatchEdit,
    BatchStatus,
    Campaign,
    ChannelTarget,
    OutreachOverrideRules,
    Page,
    RequestResult,
    ScheduleOverride,
    Timestamp,
    read_rows,
)

# Halves of surrogate pairs are among them, as JSON can carry them.
texts = st.text(st.characters(exclude_categories=[]))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
anything = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=8)


def objects(*fields: str):
    return st.builds(
        lambda known, unknown: unknown | known,
        st.fixed_dictionaries({}, optional=dict.fromkeys(fields, anything)),
        st.dictionaries(texts, anything, max_size=3),
    )


def sendable(answer):
    """Every value of an answer can be part of a page."""
    values = {name: value for name, value in answer if name != "raw"}
    return json.dumps(values, default=str, ensure_ascii=False).encode()


@given(objects(*Batch.model_fields))
def test_a_batch_can_be_read_from_any_object_and_keeps_it(payload):
    batch = Batch.read(payload)
    assert batch.raw == payload
    assert isinstance(batch.batch_id, str)
    assert isinstance(batch.status, str)
    assert sendable(batch)


@pytest.mark.parametrize("model", [ChannelTarget, Agent, ScheduleOverride, OutreachOverrideRules])
@given(data=st.data())
def test_an_agent_a_target_and_a_rule_can_be_read_from_any_object(model, data):
    payload = data.draw(objects(*model.model_fields))
    answer = model.read(payload)
    assert answer.raw == payload
    assert sendable(answer)


@given(objects(*Campaign.model_fields))
def test_a_campaign_can_be_read_from_any_object(payload):
    campaign = Campaign.read(payload)
    assert campaign.raw == payload
    assert sendable(campaign)


@given(objects(*RequestResult.model_fields))
def test_a_result_can_be_read_from_any_object(payload):
    assert sendable(RequestResult.read(payload))


@pytest.mark.parametrize("model", [Batch, Campaign, RequestResult, ChannelTarget, Agent, OutreachOverrideRules])
def test_half_a_surrogate_pair_in_any_field_can_be_part_of_a_page(model):
    for odd in ("\ud800", ["\ud800"], {"\ud800": "\udfff"}, {"\ud800": 1}):
        assert sendable(model.read(dict.fromkeys(model.model_fields, odd)))


def test_the_rules_of_a_campaign_are_read_by_day_and_by_date():
    days = {"monday": {"daily_start_time": "09:00:00"}, "Sat": {"active": False}}
    rules = {"days": days, "dates": {"2026-12-24": {"max_daily_calls": 0, "active": None}}}
    campaign = Campaign.read({"outreach_override_rules": rules, "active_days": ["mon", "tue"]})
    read = campaign.outreach_override_rules
    assert campaign.active_days == ("mon", "tue")
    assert {day: (rule.active, rule.daily_start_time) for day, rule in read.days.items()} == {
        "mon": (None, "09:00:00"),
        "sat": (False, None),
    }
    assert read.dates["2026-12-24"].max_daily_calls == 0
    assert read.dates["2026-12-24"].active is None
    assert read.unreadable == 0


@pytest.mark.parametrize("absent", [{}, {"outreach_override_rules": None, "active_days": None}])
def test_a_campaign_without_rules_has_none(absent):
    assert (Campaign.read(absent).outreach_override_rules, Campaign.read(absent).active_days) == (None, None)


@pytest.mark.parametrize(
    ("rules", "unreadable"),
    [
        ({}, 0),
        ({"days": None, "dates": {}}, 0),
        ({"days": {"mon": None}}, 0),
        ({"days": {"mon": "closed", "tue": {}}, "dates": ["2026-12-24"]}, 2),
        ("closed", 1),
        ([], 1),
        ({"dates": {f"day {number}": {} for number in range(10_000)}}, 1),
    ],
)
def test_rules_that_cannot_be_read_are_counted(rules, unreadable):
    read = Campaign.read({"outreach_override_rules": rules}).outreach_override_rules
    assert read.unreadable == unreadable


def test_an_odd_value_of_a_rule_stays_a_text():
    odd = {"active": "no", "daily_start_time": 9, "max_daily_calls": "many"}
    rule = ScheduleOverride.read(odd)
    assert (rule.active, rule.daily_start_time, rule.max_daily_calls) == ("no", "9", "many")
    assert Campaign.read({"active_days": "mon"}).active_days == "mon"
    assert Campaign.read({"active_days": ["mon", 5, None]}).active_days == ("mon", "5", "null")


@pytest.mark.parametrize("payload", [None, [], "batch", 5, True])
def test_what_is_no_object_is_no_batch(payload):
    with pytest.raises(UnreadableAnswer):
        Batch.read(payload)


def test_an_unknown_status_stays_the_word_it_is():
    assert Batch.read({"status": "THROTTLED"}).status == "THROTTLED"
    assert Batch.read({"status": "PAUSED"}).status is BatchStatus.PAUSED
    assert Batch.read({"status": None}).status == ""


def test_a_date_that_cannot_be_read_is_shown_as_it_is():
    expires_on = Batch.read({"expires_on": "next friday"}).expires_on
    assert expires_on == Timestamp("next friday", None)
    assert str(expires_on) == "next friday"


@pytest.mark.parametrize(
    "text",
    ["2036-01-01T00:00:00+25:99", "2036-01-01T00:00:00+05:99", "2036-01-01T00:00+0560", "2036-01-01T00-05:30:15.5 "],
)
def test_an_offset_that_is_none_leaves_a_text(text):
    assert Timestamp.read(text) == Timestamp(text, None)


@pytest.mark.parametrize("offset", ["Z", "+05:59", "-0530", "+14", "-00:00"])
def test_a_fraction_of_a_second_and_any_real_offset_are_read(offset):
    assert Timestamp.read(f"2036-01-01T00:00:00.123456{offset}").at is not None


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-00:01", "0001-01-01T00:00:00+14:00"])
def test_a_moment_outside_all_years_is_a_text(text):
    assert Timestamp.read(text) == Timestamp(text, None)
    assert Timestamp.read(text).same_moment(Timestamp.read(text))


def test_counts_leave_out_what_cannot_be_counted():
    counts = {"PENDING": 2, "FAILED": None, "ODD": "3", "TRUE": True}
    assert Batch.read({"status_counts": counts}).status_counts == {"PENDING": 2}


def test_one_odd_row_never_breaks_a_page():
    batches, unreadable = read_rows(Batch, [{"batch_id": "1"}, None, "two", {"batch_id": "3"}])
    assert [batch.batch_id for batch in batches] == ["1", "3"]
    assert unreadable == 2


@pytest.mark.parametrize(
    "text", ["2024-01-01T00:00:00Z", "2024-01-01T02:00:00+02:00", "2024-01-01 00:00:00", " 2024-01-01T00:00Z "]
)
def test_the_same_moment_can_be_written_in_many_ways(text):
    assert Timestamp.read(text).same_moment(Timestamp.read("2024-01-01T00:00:00Z"))
    assert Timestamp.read(text).text == text


def test_unreadable_moments_are_compared_as_texts():
    assert Timestamp.read("soon").same_moment(Timestamp.read("soon"))
    assert not Timestamp.read("soon").same_moment(Timestamp.read("later"))
    assert not Timestamp.read("soon").same_moment(None)


def test_a_moment_is_written_as_the_api_writes_it():
    at = datetime(2025, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    assert Timestamp.of(at) == Timestamp("2025-01-01T00:00:00Z", datetime(2025, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "edit",
    [
        BatchEdit(),
        BatchEdit(expires_on=None),
        BatchEdit(expires_on=Timestamp.read("soon"), status=BatchStatus.PAUSED, deleted_reason=""),
    ],
)
def test_an_edit_survives_storage(edit):
    assert BatchEdit.from_fields(json.loads(json.dumps(edit.fields()))) == edit
    assert bool(edit) is bool(edit.fields())


def test_an_edit_of_nothing_keeps_the_expiry():
    assert BatchEdit.from_fields({}).expires_on is KEEP


@pytest.mark.parametrize(
    ("items", "total_count", "has_next"), [(25, None, True), (24, None, False), (25, 25, False), (25, 26, True)]
)
def test_a_page_knows_whether_there_may_be_another(items, total_count, has_next):
    page = Page(items=[Batch()] * items, page=0, page_size=25, total_count=total_count)
    assert page.has_next is has_next


def test_a_field_error_names_its_field():
    assert FieldError(("body", "expires_on"), "bad").field == "expires_on"
    assert FieldError(("body",), "bad").field == ""
    assert FieldError((), "bad").field == ""
