"""Retention removes whole seals of old entries, says so in the trail, and leaves a chain that still holds."""

import pytest
from django.db import IntegrityError, transaction

from tests.trail.factories import entries, sealed
from tests.trail.tampering import tamper
from trail import retention, verify
from trail.findings import Finding, Problem
from trail.models import Action, Emptied, Entry, Leaf, ProcessName, Seal, StreamCursor
from trail.retention import entries_remove, removal_announce
from trail.sealer import entries_seal
from trail.verify import head_now, trail_verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def trail(days_ago, settings):
    """Seal entries 1 to 5 a hundred days ago, 6 and 7 fifty days ago, 8 today; keep them for sixty days."""
    settings.TRAIL_DAYS = 60
    days_ago(100)
    sealed(2, 3)
    days_ago(50)
    sealed(2)
    days_ago(0)
    return sealed(1)


def retain():
    """Do all of it at once, and return how many entries were removed."""
    removal_announce()
    entries_seal()
    removed = 0
    while count := entries_remove():
        removed += count
    return removed


def test_old_entries_are_removed_by_whole_seals_and_the_seals_stay(trail):
    head = head_now()
    assert retain() == 5

    said = Entry.objects.get(action=Action.TRAIL_EMPTIED)
    assert said.body == {"last_seal": 2, "last_number": 5}
    assert list(Entry.objects.order_by("pk")) == [*trail[5:], said]
    assert Leaf.objects.count() == 4
    assert Seal.objects.count() == 5
    assert trail_verify(expect=head) is None


def test_by_default_entries_are_kept_for_ever(trail, settings):
    settings.TRAIL_DAYS = 0
    assert removal_announce() is None
    assert retain() == 0


def test_nothing_is_removed_before_the_entry_that_says_so_is_sealed(trail):
    said = removal_announce()
    assert entries_remove() == 0
    assert trail_verify() is None
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry._base_manager.exclude(pk=said.pk).delete()
    assert Entry.objects.count() == 9


def test_a_removal_that_was_interrupted_goes_on_and_the_trail_holds_in_between(trail, monkeypatch):
    monkeypatch.setattr(retention, "CHUNK", 2)
    removal_announce()
    entries_seal()
    for removed, left in ((2, 7), (2, 5), (1, 4), (0, 4)):
        assert entries_remove() == removed
        assert Entry.objects.count() == left
        assert trail_verify() is None


def test_it_is_said_once_a_day(trail, settings):
    assert removal_announce()
    settings.TRAIL_DAYS = 10
    assert removal_announce() is None


@pytest.mark.usefixtures("_any_time")
def test_later_removals_remove_the_entries_about_earlier_ones(trail, days_ago, settings):
    days_ago(20)
    retain()
    settings.TRAIL_DAYS = 10
    days_ago(0)
    entries(1)
    assert retain() == 4
    assert Emptied.objects.count() == 2
    assert list(Entry.objects.order_by("pk").values_list("action", flat=True))[-1] == Action.TRAIL_EMPTIED
    assert trail_verify() is None


@pytest.mark.usefixtures("_any_time")
def test_what_another_process_has_just_said_is_not_said_again(trail, monkeypatch):
    said = removal_announce()
    # This process looked before the other one wrote.
    monkeypatch.setattr(retention, "_seals_to_empty", lambda: Seal.objects.filter(number=2))
    assert removal_announce() is None
    assert Entry.objects.get(action=Action.TRAIL_EMPTIED) == said


@pytest.mark.usefixtures("_any_time")
def test_where_nothing_is_old_enough_nothing_is_said(trail):
    retain()
    assert removal_announce() is None


def test_what_the_stream_has_not_accepted_stays(trail, settings):
    settings.AUDIT_STREAM_URL = "https://siem.example.com"
    assert removal_announce() is None
    StreamCursor.objects.create(name=ProcessName.STREAM, seal=1)
    assert removal_announce().body == {"last_seal": 1, "last_number": 2}


def test_what_is_removed_while_the_trail_is_verified_is_not_missed(trail, monkeypatch):
    walk = verify._walk

    def walk_late(emptied):
        if not Emptied.objects.exists():
            assert retain() == 5
        return walk(emptied)

    monkeypatch.setattr(verify, "_walk", walk_late)
    assert trail_verify() is None
    assert Emptied.objects.exists()


def test_what_is_left_is_still_verified(trail):
    retain()
    tamper(("UPDATE trail_entry SET reason = 'x' WHERE id = %s", trail[5].pk))
    assert trail_verify() == Finding(Problem.ALTERED, entry=trail[5].pk, number=6)


def test_emptied_seals_are_still_verified(trail):
    retain()
    tamper(("UPDATE trail_seal SET root = previous WHERE number = 1",))
    assert trail_verify() == Finding(Problem.SEAL_ALTERED, seal=1)


def test_more_than_was_said_cannot_be_removed(trail):
    retain()
    tamper(
        ("UPDATE trail_emptied SET last_seal = 3, last_number = 7",),
        ("DELETE FROM trail_leaf WHERE number <= 7",),
        ("DELETE FROM trail_entry WHERE id <= %s", trail[6].pk),
    )
    said = Entry.objects.get(action=Action.TRAIL_EMPTIED)
    assert trail_verify() == Finding(Problem.EMPTIED_UNSAID, entry=said.pk, seal=3)


def test_a_removal_that_nothing_tells_of_any_more_is_found(trail):
    retain()
    tamper(("DELETE FROM trail_emptied",))
    assert trail_verify() == Finding(Problem.REMOVED, number=1)
