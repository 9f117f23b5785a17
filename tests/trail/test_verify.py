"""Verification finds whatever somebody with the database's own rights did to the trail, and says where."""

from datetime import timedelta

import pytest
from django.db import connection

from tests.trail.factories import entries, sealed
from tests.trail.tampering import alter, tamper
from trail import chain
from trail.findings import Finding, Problem
from trail.models import GENESIS, Action, Emptied, Entry, Leaf, Pending, Seal
from trail.sealer import entries_seal, head_seal
from trail.verify import Head, head_now, trail_verify

pytestmark = pytest.mark.django_db

OTHER = "f" * 64


@pytest.fixture
def trail():
    """Seal entries 1 to 3, 4 to 8 and 9, and return them."""
    return sealed(3, 5, 1)


@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_an_untouched_trail_holds(trail, monkeypatch, chunk):
    monkeypatch.setattr(chain, "CHUNK", chunk)
    entries(2)
    assert trail_verify() is None


def test_an_empty_trail_holds():
    assert trail_verify() is None
    assert trail_verify(expect=Head(0, GENESIS)) is None


@pytest.mark.parametrize("name", [field.name for field in Entry._meta.concrete_fields if not field.primary_key])
def test_it_names_an_entry_of_which_any_field_was_altered(trail, name):
    alter(trail[4], Entry._meta.get_field(name))
    assert trail_verify() == Finding(Problem.ALTERED, entry=trail[4].pk, number=5)


def test_it_names_the_first_of_several_altered_entries(trail):
    for entry in (trail[7], trail[1], trail[4]):
        tamper(("UPDATE trail_entry SET reason = 'x' WHERE id = %s", entry.pk))
    assert trail_verify() == Finding(Problem.ALTERED, entry=trail[1].pk, number=2)


def test_it_names_an_altered_entry_that_nobody_could_read(trail):
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL takes no text for a moment")
    tamper(("UPDATE trail_entry SET at = '2020-99-99 00:00:00' WHERE id = %s", trail[4].pk))
    assert trail_verify() == Finding(Problem.ALTERED, entry=trail[4].pk, number=5)


@pytest.mark.parametrize("index", [0, 2, 3, 8])
def test_it_names_a_removed_entry(trail, index):
    entry = trail[index]
    tamper(("DELETE FROM trail_entry WHERE id = %s", entry.pk))
    assert trail_verify() == Finding(Problem.REMOVED, entry=entry.pk, number=index + 1)


@pytest.mark.parametrize("index", [0, 2, 3, 8])
def test_it_names_the_number_of_an_entry_that_was_removed_with_its_leaf(trail, index):
    tamper(
        ("DELETE FROM trail_entry WHERE id = %s", trail[index].pk),
        ("DELETE FROM trail_leaf WHERE entry_id = %s", trail[index].pk),
    )
    assert trail_verify() == Finding(Problem.REMOVED, number=index + 1)


def test_it_names_an_entry_that_was_removed_before_it_was_sealed(trail):
    [waiting] = entries(1)
    tamper(("DELETE FROM trail_entry WHERE id = %s", waiting.pk))
    assert trail_verify() == Finding(Problem.REMOVED, entry=waiting.pk)


def test_it_names_an_inserted_entry(trail):
    inserted = Entry.objects.create(action="a")
    Pending.objects.all().delete()
    assert trail_verify() == Finding(Problem.INSERTED, entry=inserted.pk)


def test_it_names_an_entry_that_was_inserted_with_a_leaf_of_its_own(trail):
    inserted = Entry.objects.create(action="a")
    Pending.objects.all().delete()
    Leaf.objects.create(entry_id=inserted.pk, number=10, salt=b"a", address_salt=b"b", digest=b"c")
    assert trail_verify() == Finding(Problem.SEAL_REMOVED, entry=inserted.pk, number=10)


def test_it_names_an_entry_that_was_added_under_an_earlier_moment(trail):
    earlier = head_seal().at - timedelta(hours=2)
    backdated = Entry.objects.create(action="a", at=earlier)
    entries_seal()
    assert trail_verify() == Finding(Problem.BACKDATED, entry=backdated.pk, number=10)


def test_an_entry_that_waited_while_nothing_was_sealed_is_not_backdated(monkeypatch):
    monkeypatch.setattr("trail.sealer.MOST_ENTRIES", 2)
    entries(3)
    Entry.objects.create(action="a", at="2020-01-01T00:00:00Z")
    entries(3)
    entries_seal()
    assert Seal.objects.count() == 4
    assert trail_verify() is None


def test_a_clock_that_was_put_back_makes_no_entry_backdated(days_ago):
    days_ago(-5)
    sealed(1)
    days_ago(0)
    sealed(1)
    assert trail_verify() is None


@pytest.mark.parametrize(("one", "other"), [(3, 4), (3, 7), (2, 3), (0, 8)])
def test_it_names_the_first_of_entries_that_changed_places(trail, one, other):
    first, second = trail[one], trail[other]
    tamper(
        ("UPDATE trail_leaf SET number = -1 WHERE entry_id = %s", first.pk),
        ("UPDATE trail_leaf SET number = %s WHERE entry_id = %s", one + 1, second.pk),
        ("UPDATE trail_leaf SET number = %s WHERE entry_id = %s", other + 1, first.pk),
    )
    assert trail_verify() == Finding(Problem.OUT_OF_ORDER, entry=second.pk, number=one + 1)


def test_it_names_the_first_of_entries_whose_ids_changed_places(trail):
    first, second = trail[3].pk, trail[5].pk
    for old, new in ((first, -1), (second, first), (-1, second)):
        tamper(("UPDATE trail_entry SET id = %s WHERE id = %s", new, old))
    assert trail_verify() == Finding(Problem.OUT_OF_ORDER, entry=first, number=4)


def test_it_tells_an_altered_leaf_from_an_altered_entry(trail):
    tamper(("UPDATE trail_leaf SET digest = salt WHERE number = 5",))
    assert trail_verify() == Finding(Problem.LEAF_ALTERED, entry=trail[4].pk, number=5)


@pytest.mark.parametrize("salt", ["salt", "address_salt"])
def test_it_finds_an_altered_salt(trail, salt):
    Entry.objects.create(action="a", address="192.0.2.1")
    entries_seal()
    tamper((f"UPDATE trail_leaf SET {salt} = digest WHERE number = 10",))
    assert trail_verify().number == 10


def test_it_names_the_seal_of_an_entry_that_was_altered_together_with_its_leaf(trail):
    tamper(("UPDATE trail_entry SET reason = 'x' WHERE id = %s", trail[4].pk))
    fields = Entry.objects.values().get(pk=trail[4].pk)
    sealed = chain.Sealed(Leaf.objects.get(number=5), fields)
    tamper(("UPDATE trail_leaf SET digest = %s WHERE number = 5", sealed.digest(version=1)))
    assert trail_verify() == Finding(Problem.ALTERED, seal=2)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("first", "5"),
        ("last", "10"),
        ("count", "4"),
        ("root", f"'{OTHER}'"),
        ("previous", f"'{OTHER}'"),
        ("digest", f"'{OTHER}'"),
        ("at", "'2020-01-01 00:00:00'"),
        ("version", "2"),
    ],
)
def test_it_names_an_altered_seal(trail, column, value):
    at = "::timestamptz" if column == "at" and connection.vendor == "postgresql" else ""
    tamper((f"UPDATE trail_seal SET {column} = {value}{at} WHERE number = 2",))
    assert trail_verify() == Finding(Problem.SEAL_ALTERED, seal=2)


def test_it_names_a_seal_that_nobody_could_read(trail):
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL takes no text for a moment")
    tamper(("UPDATE trail_seal SET at = 'some day' WHERE number = 2",))
    assert trail_verify() == Finding(Problem.SEAL_ALTERED, seal=2)


def reseal(seal, **fields):
    """Alter a seal and make its digest fit."""
    for name, value in fields.items():
        setattr(seal, name, value)
    seal.digest = chain.seal_digest(seal)
    columns = [*fields, "digest"]
    assignments = ", ".join(f"{column} = %s" for column in columns)
    values = [getattr(seal, column) for column in columns]
    tamper((f"UPDATE trail_seal SET {assignments} WHERE number = %s", *values, seal.number))


def test_it_finds_a_seal_that_was_made_anew_by_the_one_after_it(trail):
    reseal(Seal.objects.get(number=2), at=Seal.objects.get(number=2).at - timedelta(days=1))
    assert trail_verify() == Finding(Problem.SEAL_ALTERED, seal=2)


def test_it_finds_a_newest_seal_that_was_made_anew_by_a_head_that_left_the_house(trail):
    head = head_now()
    reseal(head_seal(), at=head_seal().at - timedelta(days=1))
    assert trail_verify() is None
    assert trail_verify(expect=head) == Finding(Problem.REWRITTEN, seal=3)


def test_it_finds_a_newest_seal_that_was_made_anew_over_other_entries(trail):
    reseal(head_seal(), first=8, count=2)
    assert trail_verify() == Finding(Problem.SEAL_ALTERED, seal=3)


@pytest.mark.parametrize("number", [1, 2])
def test_it_names_a_removed_seal(trail, number):
    tamper(("DELETE FROM trail_seal WHERE number = %s", number))
    assert trail_verify() == Finding(Problem.SEAL_REMOVED, seal=number)


def test_it_names_the_first_leaf_of_a_newest_seal_that_was_removed(trail):
    tamper(("DELETE FROM trail_seal WHERE number = 3",))
    assert trail_verify() == Finding(Problem.SEAL_REMOVED, entry=trail[8].pk, number=9)


def test_only_a_head_that_left_the_house_tells_of_an_end_that_was_cut_off(trail):
    head = head_now()
    assert trail_verify(expect=head) is None
    tamper(
        ("DELETE FROM trail_entry WHERE id >= %s", trail[3].pk),
        ("DELETE FROM trail_leaf WHERE number >= 4",),
        ("DELETE FROM trail_seal WHERE number >= 2",),
    )
    assert trail_verify() is None
    assert trail_verify(expect=head) == Finding(Problem.TRUNCATED, seal=3)


def test_an_earlier_head_is_still_part_of_the_chain(trail):
    head = head_now()
    sealed(2, 2)
    assert trail_verify(expect=Head.read(f" {head}\n")) is None


@pytest.mark.parametrize("text", ["", "12", "12:", "12:abc", f"a:{OTHER}", f":{OTHER}"])
def test_what_is_no_head_is_refused(text):
    with pytest.raises(ValueError):
        Head.read(text)


def test_entries_that_are_declared_as_removed_by_no_entry_are_named(trail):
    Emptied.objects.create(entry_id=trail[2].pk, last_seal=1, last_number=3)
    tamper(("DELETE FROM trail_entry WHERE id <= %s", trail[2].pk))
    assert trail_verify() == Finding(Problem.EMPTIED_UNSAID, entry=trail[2].pk, seal=1)


def test_no_entry_can_declare_itself_as_removed(trail):
    said = Entry.objects.create(action=Action.TRAIL_EMPTIED, body={"last_seal": 4, "last_number": 10})
    entries_seal()
    Emptied.objects.create(entry_id=said.pk, last_seal=4, last_number=10)
    assert trail_verify() == Finding(Problem.EMPTIED_UNSAID, entry=said.pk, seal=4)


def test_other_records_are_compared_once_the_trail_itself_holds(trail):
    found = Finding(Problem.CHANGE_DIFFERS, change=7)
    assert trail_verify(comparison=lambda: found) == found
    tamper(("UPDATE trail_entry SET reason = 'x' WHERE id = %s", trail[1].pk))
    assert trail_verify(comparison=lambda: found).problem == Problem.ALTERED


def test_it_reads_in_chunks_whatever_the_size(trail, django_assert_max_num_queries, monkeypatch):
    monkeypatch.setattr(chain, "CHUNK", 4)
    with django_assert_max_num_queries(19):
        assert trail_verify() is None
