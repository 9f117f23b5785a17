"""The database itself keeps the trail as it was written, whatever the code does."""

import pytest
from django.db import IntegrityError, connection, transaction

from tests.trail.factories import entries, sealed
from trail.models import AppendOnly, Emptied, Entry, Leaf, Pending, Seal

pytestmark = pytest.mark.django_db

TABLES = {"trail_entry": "id", "trail_leaf": "entry_id", "trail_seal": "number", "trail_emptied": "entry_id"}


@pytest.fixture
def _written():
    said = sealed(2, 1)[-1]
    Emptied.objects.create(entry_id=said.pk + 1000, last_seal=2, last_number=3)


def refuses(sql, *parameters):
    with pytest.raises(IntegrityError, match="never edited or deleted"), transaction.atomic():
        execute(sql, *parameters)


def execute(sql, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


@pytest.mark.usefixtures("_written")
@pytest.mark.parametrize(("table", "key"), TABLES.items())
def test_no_row_is_edited(table, key):
    refuses(f"UPDATE {table} SET {key} = {key}")


@pytest.mark.usefixtures("_written")
@pytest.mark.parametrize("table", TABLES)
def test_no_row_is_deleted(table):
    refuses(f"DELETE FROM {table}")


@pytest.mark.usefixtures("_written")
@pytest.mark.parametrize("table", TABLES)
def test_no_table_is_emptied_at_once(table):
    if connection.vendor == "postgresql":
        refuses(f"TRUNCATE {table}")
    else:
        refuses(f"DELETE FROM {table} WHERE 1")


@pytest.mark.usefixtures("_written")
@pytest.mark.parametrize("table", TABLES)
def test_no_row_takes_the_place_of_another(table):
    if connection.vendor == "sqlite":
        refuses(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    else:
        refuses(
            f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({TABLES[table]}) DO UPDATE "
            f"SET {TABLES[table]} = excluded.{TABLES[table]}"
        )


def test_what_is_declared_as_removed_stays_until_a_sealed_entry_says_so():
    [first, *_] = sealed(3)
    [said] = entries(1)
    Emptied.objects.create(entry_id=said.pk, last_seal=1, last_number=3)

    refuses("DELETE FROM trail_entry WHERE id = %s", first.pk)
    sealed(0)
    execute("DELETE FROM trail_entry WHERE id = %s", first.pk)
    refuses("DELETE FROM trail_entry WHERE id = %s", said.pk)
    execute("DELETE FROM trail_leaf WHERE number <= 3")
    refuses("DELETE FROM trail_leaf")


def test_every_entry_waits_for_its_seal_whoever_adds_it():
    [entry] = entries(1)
    columns = ", ".join(f'"{field.column}"' for field in Entry._meta.fields if field.column != "id")
    execute(f"INSERT INTO trail_entry ({columns}) SELECT {columns} FROM trail_entry")
    Entry.objects.bulk_create([Entry(action="a"), Entry(action="b")])

    assert entry.pk in Pending.objects.values_list("pk", flat=True)
    assert set(Pending.objects.values_list("pk", flat=True)) == set(Entry.objects.values_list("pk", flat=True))
    assert Entry.objects.count() == 4


@pytest.mark.parametrize("model", [Leaf, Seal])
@pytest.mark.parametrize(
    "attempt",
    [
        lambda row: row.save(),
        lambda row: row.delete(),
        lambda row: type(row).objects.update(number=9),
        lambda row: type(row).objects.all().delete(),
        lambda row: type(row).objects.bulk_update([row], ["number"]),
    ],
)
def test_the_models_refuse_before_the_database_has_to(model, attempt):
    sealed(1)
    with pytest.raises(AppendOnly):
        attempt(model.objects.get())
