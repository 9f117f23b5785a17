"""What somebody does to the trail who has the rights of the database's owner."""

from datetime import timedelta

from django.db import connection, models

from tests.trail.guards import without_guards


def tamper(*statements):
    """Do what an administrator of the database can."""
    with without_guards() as cursor:
        for sql, *parameters in statements:
            cursor.execute(sql, parameters)


def other_value(field, value):
    """Return SQL for some other value of a column, and its parameter."""
    if isinstance(field, models.DateTimeField):
        return "%s", value - timedelta(microseconds=1000)
    if isinstance(field, models.JSONField):
        return ("%s::jsonb" if connection.vendor == "postgresql" else "%s"), '{"other": 1}'
    if isinstance(field, models.GenericIPAddressField):
        return "%s", "192.0.2.7"
    if isinstance(field, models.BinaryField):
        return "%s", bytes(value)[::-1] + b"x"
    if isinstance(field, models.BooleanField):
        return "%s", not value
    if isinstance(field, models.SmallIntegerField):
        return "%s", value + 1
    if isinstance(field, models.IntegerField):
        return "%s", (value or 0) + 1_000_000
    return "%s", (value[::-1] if value[::-1] != value else "x" + value[1:]) if value else "x"


def alter(row, field):
    sql, value = other_value(field, getattr(row, field.attname))
    table, key = row._meta.db_table, row._meta.pk.column
    tamper((f"UPDATE {table} SET {field.column} = {sql} WHERE {key} = %s", value, row.pk))
