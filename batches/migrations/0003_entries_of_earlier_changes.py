"""Add the entries of changes and operations that ended before the trail had any of them.

They are as far as the rows know: without addresses, calls and reasons of operations. `body.added_later` marks them.
"""

from django.db import migrations
from django.db.models import Count, Q

from batches import rules
from batches.models.fields import storable
from syllable.schemas import Batch

AT_A_TIME = 500


def add_entries(apps, schema_editor):
    Entry = apps.get_model("trail", "Entry")
    Change, Operation = apps.get_model("batches", "Change"), apps.get_model("batches", "Operation")
    known = Entry.objects.filter(action="change_ended").values("change_id")
    changes = Change.objects.exclude(outcome="started").exclude(pk__in=known).select_related("operation")
    _add(Entry, (_of_change(Entry, change) for change in changes.order_by("pk").iterator(AT_A_TIME)))
    known = Entry.objects.filter(action="operation_ended").values("operation_id")
    ended = Operation.objects.filter(state__in=("finished", "stopped")).exclude(pk__in=known)
    _add(Entry, (_of_operation(Entry, operation) for operation in ended.order_by("pk").iterator(AT_A_TIME)))


def _add(Entry, entries):
    chunk = []
    for entry in entries:
        chunk.append(entry)
        if len(chunk) == AT_A_TIME:
            Entry.objects.bulk_create(chunk)
            chunk = []
    Entry.objects.bulk_create(chunk)


def _of_change(Entry, change):
    operation = change.operation
    before = rules.snapshot(Batch.read(change.before)) if change.before is not None else change.loaded or {}
    body = {
        "edit": change.edit.fields(),
        "before": before,
        "after": {name: value for name, value in (change.after or {}).items() if name in rules.EDITABLE},
        "seen": rules.snapshot(Batch.read(change.seen)) if change.seen is not None else {},
        "started_at": change.started_at.isoformat(timespec="milliseconds"),
        "detail": change.detail,
        "is_settled": change.settled_at is not None,
        "undoes": change.undoes_id,
        "steps": [],
        "syllable_request_id": change.request_id,
        "added_later": True,
    }
    return Entry(
        action="change_ended",
        at=change.settled_at or change.seen_at or change.started_at,
        actor_id=change.actor_id,
        actor_email=change.actor_email,
        batch_id=change.batch_id,
        campaign_id=change.campaign_id,
        campaign_name=operation.campaign_name if operation else "",
        operation_id=change.operation_id,
        change_id=change.pk,
        kind=change.edit.kind or "",
        is_undo=change.origin == "undo" or bool(operation and operation.undoes_id),
        outcome=change.outcome,
        origin=change.origin,
        reason=change.reason,
        body=storable(body),
    )


def _of_operation(Entry, operation):
    unconfirmed = Q(state="unconfirmed") | Q(state="waiting", change__outcome="unconfirmed")
    counted = {
        "applied": Q(state="done"),
        "unconfirmed": unconfirmed,
        "failed": Q(state="failed"),
        "skipped": Q(state="skipped"),
        "waiting": Q(state="waiting") & ~unconfirmed,
    }
    numbers = operation.items.aggregate(**{name: Count("pk", filter=which) for name, which in counted.items()})
    body = {
        "kind": operation.kind,
        "scope": operation.scope,
        "state": operation.state,
        "cause": operation.cause,
        "numbers": numbers,
        "untouched": sum(operation.skipped.values()),
        "added_later": True,
    }
    return Entry(
        action="operation_ended",
        at=operation.finished_at or operation.created_at,
        actor_id=operation.actor_id,
        actor_email=operation.actor_email,
        campaign_id=operation.campaign_id,
        campaign_name=operation.campaign_name,
        operation_id=operation.pk,
        kind=operation.kind,
        is_undo=operation.undoes_id is not None,
        body=body,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("batches", "0002_reasons_and_steps"),
        ("trail", "0002_change_entries"),
    ]

    operations = [migrations.RunPython(add_entries, migrations.RunPython.noop, elidable=True)]
