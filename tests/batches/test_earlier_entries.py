"""Changes and operations from before the trail had entries of them get theirs when the database is migrated."""

from importlib import import_module

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from batches.models import Change, Kind, Operation
from batches.services.changes.undo import change_undo
from batches.services.changes.update import batch_pause
from sandbox import faults
from tests.batches.services.factories import carried_out, start
from tests.trail.guards import without_guards
from trail.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)

ID = "20261123.9"
# What the rows do not know.
UNKNOWN = ("id", "at", "address", "request_id", "campaign_name", "body")


@pytest.fixture
def migrated():
    """Add the missing entries as the migration does, with the models as they were then."""
    migration = import_module("batches.migrations.0003_entries_of_earlier_changes")
    state = MigrationExecutor(connection).loader.project_state([("batches", "0003_entries_of_earlier_changes")])
    return lambda: migration.add_entries(state.apps, None)


def without_entries():
    """Empty the trail, as it was before; return what was in it."""
    gone = [entry for entry in Entry.objects.order_by("pk") if entry.action in ("change_ended", "operation_ended")]
    with without_guards():
        Entry.objects.all()._raw_delete(using="default")
    return gone


def told(entry):
    fields = {field.attname: getattr(entry, field.attname) for field in Entry._meta.fields}
    return {name: value for name, value in fields.items() if name not in UNKNOWN}


def test_they_say_what_the_real_ones_would_have_said(sandbox, operator, migrated):
    sandbox.store.add_batch(ID, campaign_id=7, status="ACTIVE")
    change_undo(change=batch_pause(batch_id=ID, actor=operator).change, actor=operator)
    sandbox.faults.add(faults.answer(500), method="GET", times=3)
    batch_pause(batch_id=ID, actor=operator)
    operation = carried_out(start(Kind.PAUSE, operator, campaign_name="Reminders"))
    real = without_entries()

    migrated()

    added = list(Entry.objects.order_by("pk"))
    assert sorted(map(str, map(told, added))) == sorted(map(str, map(told, real)))
    last = Entry.objects.get(action="operation_ended")
    assert last.body["numbers"]["applied"] == 1
    assert last.at == Operation.objects.get().finished_at
    assert last.campaign_name == "Reminders"
    for entry in Entry.objects.filter(action="change_ended"):
        change = Change.objects.get(pk=entry.change_id)
        assert entry.at == change.settled_at
        assert entry.body["edit"] == change.edit.fields()
        assert entry.body["added_later"] is True
    assert operation.pk == last.operation_id


def test_what_has_its_entry_or_is_under_way_gets_none(sandbox, operator, migrated):
    sandbox.store.add_batch(ID, campaign_id=7, status="ACTIVE")
    batch_pause(batch_id=ID, actor=operator)
    deadline = "2099-01-01T00:00:00Z"
    Change.objects.create(batch_id="b", actor_email="x@example.com", edit={"status": "PAUSED"}, deadline_at=deadline)
    start(Kind.PAUSE, operator)
    before = Entry.objects.count()
    migrated()
    assert Entry.objects.count() == before
