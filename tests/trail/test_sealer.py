"""The sealer: every entry gets a number and a seal, once, whoever seals and however many do."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, connections
from django.db.models.functions import Now

from common.lease import WorkLease
from common.models import ProcessLease
from tests.trail.factories import entries, sealed
from tests.trail.guards import without_guards
from trail import canonical, sealer
from trail.models import GENESIS, Action, Entry, Leaf, Pending, ProcessName, Seal
from trail.sealer import Overtaken, entries_seal, seal_add
from trail.services import entry_add
from trail.verify import trail_verify


@pytest.mark.django_db
def test_it_numbers_what_waits_and_seals_it_in_order():
    written = entries(3)
    assert entries_seal() == 3

    seal = Seal.objects.get()
    assert (seal.number, seal.first, seal.last, seal.count, seal.previous) == (1, 1, 3, 3, GENESIS)
    assert list(Leaf.objects.order_by("number").values_list("number", "entry_id")) == [
        (number, entry.pk) for number, entry in enumerate(written, start=1)
    ]
    assert not Pending.objects.exists()


@pytest.mark.django_db
def test_each_seal_continues_the_one_before():
    sealed(2, 1, 3)
    first, second, third = Seal.objects.all()
    assert (second.previous, third.previous) == (first.digest, second.digest)
    assert [seal.first for seal in (first, second, third)] == [1, 3, 4]


@pytest.mark.django_db
def test_a_seal_holds_so_many_entries_and_the_next_one_the_rest(monkeypatch):
    monkeypatch.setattr(sealer, "MOST_ENTRIES", 4)
    entries(10)
    assert entries_seal() == 10
    assert list(Seal.objects.values_list("count", flat=True)) == [4, 4, 2]


@pytest.mark.django_db
def test_without_entries_it_makes_no_seal_and_writes_nothing(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert entries_seal() == 0
    assert not Seal.objects.exists()
    assert seal_add() is None


@pytest.mark.django_db
def test_a_seal_costs_the_same_queries_however_many_entries_it_has(django_assert_num_queries):
    entries_seal()
    for count in (1, 50):
        entries(count)
        with django_assert_num_queries(9):
            assert seal_add().count == count


@pytest.mark.django_db
def test_the_canonical_form_has_every_field_of_an_entry():
    assert set(canonical.FIELDS[canonical.VERSION]) == {field.attname for field in Entry._meta.concrete_fields}


@pytest.mark.django_db
def test_no_network_address_is_in_the_canonical_form_and_no_two_digests_of_it_agree():
    addresses = []
    for address in ("192.0.2.1", "192.0.2.1", "2001:db8::1"):
        entry = Entry.objects.create(action="a", address=address)
        fields = Entry.objects.values().get(pk=entry.pk)
        entries_seal()
        leaf = Leaf.objects.get(pk=entry.pk)
        form = canonical.canonical(fields, number=leaf.number, address_salt=bytes(leaf.address_salt))
        assert address.encode() not in form
        addresses.append(json.loads(form)["address"])
    assert len(set(addresses)) == 3
    assert {len(address) for address in addresses} == {64}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [{"b": 1, "a": [1, 2.5, None, True]}, {"text": "Zoë \U0001f600 \x7f"}, {"z": {"y": {"x": "w"}}}, {"1": 1e300}],
)
def test_whatever_an_entry_holds_can_be_sealed_and_verified(body):
    entry_add(Action.OPERATION_STARTED, actor=None, reason="a\nb\u2028ü", batch_id="日本/../%", body=body)
    assert entries_seal() == 1
    assert trail_verify() is None


@pytest.mark.django_db
def test_while_another_process_has_the_lease_it_leaves_the_work_to_it():
    entries(1)
    other = WorkLease(ProcessName.SEAL, length=timedelta(minutes=1))
    assert other.hold()
    assert entries_seal() == 0
    other.give_back()
    assert entries_seal() == 1


@pytest.mark.django_db
def test_the_lease_of_a_dead_process_ends():
    entries(1)
    dead = WorkLease(ProcessName.SEAL, length=timedelta(minutes=1))
    assert dead.hold()
    ProcessLease.objects.update(until=Now() - timedelta(seconds=1))
    assert entries_seal() == 1


@pytest.mark.django_db
def test_an_entry_that_is_gone_keeps_nothing_from_being_sealed():
    [gone, *_] = entries(3)
    with without_guards() as cursor:
        cursor.execute("DELETE FROM trail_entry WHERE id = %s", [gone.pk])
    assert entries_seal() == 2
    assert entries_seal() == 0


@pytest.mark.django_db
def test_an_entry_that_waits_although_it_is_sealed_keeps_nothing_from_being_sealed():
    [first] = sealed(1)
    Pending.objects.create(entry_id=first.pk)
    entries(1)
    assert entries_seal() == 1
    assert trail_verify() is None


@pytest.mark.django_db
def test_a_sealer_that_was_overtaken_writes_nothing(monkeypatch):
    sealed(1)
    entries(2)
    # It read the head before another sealer added the first seal.
    monkeypatch.setattr(sealer, "head_seal", lambda: None)
    with pytest.raises(Overtaken):
        seal_add()
    assert entries_seal() == 0
    monkeypatch.undo()
    assert (Seal.objects.count(), Leaf.objects.count(), Pending.objects.count()) == (1, 1, 2)
    assert entries_seal() == 2
    assert trail_verify() is None


def seal_with(barrier):
    """Seal until nothing is left, as a process without a lease would; return how often another was first."""
    overtaken = 0
    try:
        barrier.wait(30)
        while True:
            try:
                if seal_add() is None:
                    return overtaken
            except Overtaken:
                overtaken += 1
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_sealers_at_once_make_one_chain(monkeypatch):
    monkeypatch.setattr(sealer, "MOST_ENTRIES", 5)
    entries(200)
    barrier = Barrier(4)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(seal_with, [barrier] * 4))

    assert Leaf.objects.count() == 200
    assert sum(Seal.objects.values_list("count", flat=True)) == 200
    assert trail_verify() is None


@pytest.mark.django_db(transaction=True)
def test_entries_that_are_added_while_others_are_sealed_are_sealed_as_well(monkeypatch):
    monkeypatch.setattr(sealer, "MOST_ENTRIES", 7)
    barrier = Barrier(3)

    def add(_number):
        try:
            barrier.wait(30)
            for _ in range(30):
                entries(1)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as threads:
        adding = [threads.submit(add, number) for number in range(2)]
        threads.submit(seal_with, barrier).result()
        [done.result() for done in adding]
    entries_seal()

    assert Leaf.objects.count() == 60
    assert trail_verify() is None
