"""Whatever happened to the trail, it verifies; whatever single thing is changed in it past its triggers is found."""

from contextlib import suppress
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import models, transaction
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from common.clock import from_now
from tests.trail.tampering import alter, tamper
from trail import retention, sealer
from trail.models import Action, Emptied, Entry, Leaf, Pending, Seal
from trail.retention import entries_remove, removal_announce
from trail.sealer import entries_seal, seal_add
from trail.services import entry_add
from trail.verify import head_now, trail_verify

pytestmark = pytest.mark.django_db

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
OUTCOMES = st.sampled_from(["applied", "unconfirmed", "rejected", "conflict", "not_sent", ""])
ADD = st.lists(st.tuples(OUTCOMES, TEXT), min_size=1, max_size=4)
STEPS = ("seal", "seal", "seal_crashes", "days_pass", "announce", "remove", "removing_crashes")
HISTORY = st.lists(ADD | st.sampled_from(STEPS), min_size=3, max_size=15)


class Crash(Exception):
    """The process dies here, and the database forgets what was not committed."""


class Days:
    """Time that passes where a history says so. What is older than fifty days may be removed."""

    def __init__(self):
        self.ago = 100

    def now(self):
        return from_now(-timedelta(days=self.ago))

    def days_pass(self):
        self.ago = max(0, self.ago - 40)


def add(entries):
    for outcome, reason in entries:
        entry_add(Action.OPERATION_STARTED, actor=None, change_id=7, outcome=outcome, reason=reason)


def crashing(manager, name, act):
    with patch.object(manager, name, side_effect=Crash), suppress(Crash):
        act()


def live(history):
    """Let all this happen to a new trail, and end with a seal."""
    days = Days()
    steps = {
        "seal": entries_seal,
        "seal_crashes": lambda: crashing(Leaf.objects, "bulk_create", seal_add),
        "days_pass": days.days_pass,
        "announce": removal_announce,
        "remove": entries_remove,
        "removing_crashes": lambda: crashing(Leaf._base_manager, "filter", entries_remove),
    }
    with (
        patch.object(sealer, "Now", days.now),
        patch.object(sealer, "MOST_ENTRIES", 3),
        patch.object(retention, "CHUNK", 2),
        patch.object(retention, "BETWEEN", timedelta(0)),
    ):
        for step in history:
            add(step) if isinstance(step, list) else steps[step]()
            assert trail_verify() is None, step
        add([("applied", "the last one")])
        entries_seal()


def sealed_numbers():
    """Return the numbers of the entries that are sealed and not about to be removed."""
    emptied = Emptied.objects.aggregate(last=models.Max("last_number"))["last"] or 0
    return list(Leaf.objects.filter(number__gt=emptied).order_by("number").values_list("number", flat=True))


def altered(draw, row):
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    alter(row, draw(st.sampled_from(fields)))


def alter_entry(draw, number):
    altered(draw, Entry.objects.get(pk=Leaf.objects.get(number=number).pk))


def alter_leaf(draw, number):
    """Alter what a digest depends on. The salt of an address that is not there is the one thing that nothing needs."""
    fields = [field for field in Leaf._meta.concrete_fields if field.name not in ("entry_id", "address_salt")]
    alter(Leaf.objects.get(number=number), draw(st.sampled_from(fields)))


def alter_seal(draw, number):
    altered(draw, Seal.objects.filter(last__gte=number).first())


def remove_entry(draw, number):
    tamper(("DELETE FROM trail_entry WHERE id = %s", Leaf.objects.get(number=number).pk))


def remove_leaf(draw, number):
    tamper(("DELETE FROM trail_leaf WHERE number = %s", number))


def remove_entry_and_leaf(draw, number):
    remove_entry(draw, number)
    remove_leaf(draw, number)


def remove_seal(draw, number):
    tamper(
        (
            "DELETE FROM trail_seal WHERE number = %s",
            draw(st.sampled_from(list(Seal.objects.values_list("number", flat=True)))),
        )
    )


def swap_entries(draw, number):
    """Exchange two entries, or the last one with nothing."""
    other = draw(st.sampled_from(sealed_numbers()))
    moves = ((number, -1), (other, number), (-1, other)) if other != number else ((number, number + 1_000),)
    for old, new in moves:
        tamper(("UPDATE trail_leaf SET number = %s WHERE number = %s", new, old))


def insert_entry(draw, number):
    entry = Entry.objects.create(action="a")
    Pending.objects.filter(pk=entry.pk).delete()


def cut_off(draw, number):
    """Remove the newest seal with all that it seals."""
    seal = Seal.objects.order_by("-number").first()
    tamper(
        ("DELETE FROM trail_entry WHERE id IN (SELECT entry_id FROM trail_leaf WHERE number >= %s)", seal.first),
        ("DELETE FROM trail_leaf WHERE number >= %s", seal.first),
        ("DELETE FROM trail_seal WHERE number = %s", seal.number),
    )


EDITS = (
    alter_entry,
    alter_entry,
    alter_leaf,
    alter_seal,
    remove_entry,
    remove_leaf,
    remove_entry_and_leaf,
    remove_seal,
    swap_entries,
    insert_entry,
    cut_off,
)


@settings(
    max_examples=30,
    deadline=None,
    # Shrinking takes minutes, and no history is long.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(HISTORY, st.sampled_from(EDITS), st.data())
def test_any_history_verifies_and_any_one_edit_is_found(django_db_blocker, history, edit, data):
    with patch("django.conf.settings.TRAIL_DAYS", 50), transaction.atomic():
        live(history)
        head = head_now()
        assert trail_verify(expect=head) is None

        edit(data.draw, data.draw(st.sampled_from(sealed_numbers())))

        event(edit.__name__)
        assert trail_verify(expect=head) is not None, edit.__name__
        transaction.set_rollback(True)
