"""Moments by the clock of the database, which all machines share."""

from datetime import timedelta

from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.functions import Now


def from_now(length: timedelta) -> ExpressionWrapper:
    """Return the moment `length` after the statement runs, or before it where `length` is negative."""
    return ExpressionWrapper(Now() + length, output_field=DateTimeField())
