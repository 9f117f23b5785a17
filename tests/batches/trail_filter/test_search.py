"""The search language of the trail: what somebody types, as a filter and back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.trail_filter import ACTIONS, FIELDS, WHEN, TrailFilter, as_search, clean_filter, read_search
from batches.trail_filter.address import OUTCOMES

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")

words = st.text(st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="\x85"), max_size=30)
texts = words.map(str.strip).filter(str.isprintable)
moments = st.sampled_from(["", "today", "yesterday", "2026-11-02", "2026-11-02T14:30"])
numbers = st.integers(0, 10**17).map(str)
filters = st.builds(
    TrailFilter,
    who=texts,
    batch=texts,
    campaign=st.just("") | numbers,
    action=st.sampled_from(["", *ACTIONS]),
    outcome=st.sampled_from(["", *map(str, OUTCOMES)]),
    origin=st.sampled_from(["", "form", "click", "undo", "operation"]),
    operation=st.just("") | numbers,
    when=st.sampled_from(["", *WHEN]),
    since=moments,
    until=moments,
    reason=texts,
    unsettled=st.sampled_from(["", "1"]),
)


def read(typed):
    params, problems = read_search(typed)
    asked, more = clean_filter(params)
    return asked, [*problems, *more.values()]


@given(filters)
def test_whatever_is_asked_can_be_typed(asked):
    assert read(as_search(asked.chosen)) == (asked, [])


@given(st.text(max_size=200))
def test_whatever_is_typed_is_understood_or_told(typed):
    asked, problems = read(typed)
    assert asked.chosen or problems or not typed.strip()
    assert all(problem.endswith(".") for problem in problems)
    assert clean_filter(asked.chosen) == (asked, {})


def test_all_of_it_at_once():
    typed = (
        "who:anna campaign:3 since:yesterday until:2026-11-02 action:cancel outcome:rejected batch:20250117.9 "
        'operation:12 origin:undo reason:"wrong list"'
    )
    asked, problems = read(typed)
    assert problems == []
    assert asked.chosen == {
        "who": "anna",
        "batch": "20250117.9",
        "campaign": "3",
        "action": "cancel",
        "outcome": "rejected",
        "origin": "undo",
        "operation": "12",
        "since": "yesterday",
        "until": "2026-11-02",
        "reason": "wrong list",
    }


@pytest.mark.parametrize(
    ("typed", "name", "value"),
    [
        ("by:anna", "who", "anna"),
        ("WHO:anna", "who", "anna"),
        ("from:Today", "since", "today"),
        ('since:"2026-11-02 14:30"', "since", "2026-11-02T14:30"),
        ("outcome:not-confirmed", "outcome", "unconfirmed"),
        ('outcome:"Not sent"', "outcome", "not_sent"),
        ("is:not-confirmed", "unsettled", "1"),
        ('reason:"said \\"no\\""', "reason", 'said "no"'),
        ('reason:"never closed', "reason", "never closed"),
        ("batch:a:b", "batch", "a:b"),
    ],
)
def test_other_words_for_the_same(typed, name, value):
    assert read(typed) == (TrailFilter(**{name: value}), [])


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("anna", "anna was not understood. For a person write who:anna, for a batch batch:anna."),
        ("colour:red", "colour: cannot be searched."),
        ("who:", "who: has no value and was ignored."),
        ("who:anna who:bert", "who: can be given once. bert was ignored."),
        ("campaign:flu", "campaign:flu was not understood. A campaign is a number, such as 3."),
        ("since:2026-02-30", "since:2026-02-30 was not understood. A day is today, yesterday or like 2026-11-02"),
        ("since:0001-01-01", "since:0001-01-01 was not understood."),
        ("until:9999-12-31", "until:9999-12-31 was not understood."),
        ("action:explode", "action:explode was not understood. An action is one of pause, resume,"),
        ("outcome:started", "outcome:started was not understood."),
        ("who:" + "x" * 300, "A text can have at most 200 visible characters."),
        ("reason:a\u202eb", "reason:a⟨U+202E⟩b was not understood."),
    ],
)
def test_what_is_not_understood_is_told_in_a_sentence(typed, sentence):
    asked, [problem] = read(typed)
    assert sentence in problem
    assert set(asked.chosen) <= {"who"}


def test_the_names_that_a_sentence_offers_are_those_there_are():
    _, [problem] = read("colour:red")
    assert all(f"{name}:" in problem for name in FIELDS if name != "unsettled")


@pytest.mark.parametrize(
    ("asked", "since", "until"),
    [
        ({"when": "today"}, "2026-11-30T05:00", None),
        ({"when": "yesterday"}, "2026-11-29T05:00", "2026-11-30T05:00"),
        ({"when": "yesterday-morning"}, "2026-11-29T05:00", "2026-11-29T17:00"),
        ({"when": "yesterday-afternoon"}, "2026-11-29T17:00", "2026-11-29T23:00"),
        ({"when": "7d"}, "2026-11-23T12:00", None),
        ({"since": "2026-07-01", "until": "2026-07-01"}, "2026-07-01T04:00", "2026-07-02T04:00"),
        ({"since": "2026-11-02T14:30", "until": "2026-11-02T14:30"}, "2026-11-02T19:30", "2026-11-02T19:31"),
        ({"when": "30d", "since": "yesterday"}, "2026-11-29T05:00", None),
        ({}, None, None),
    ],
)
def test_days_and_times_are_those_of_the_reader(asked, since, until):
    found = TrailFilter(**asked).period(now=NOW, zone=NEW_YORK)
    assert found == tuple(text and datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (since, until))
