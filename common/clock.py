"""Moments by the clock of the database, which all machines share."""

from datetime import timedelta

from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.functions import Now


def from_now(length: timedelta) -> ExpressionWrapper:
    """So long after the moment of the statement; before it where `length` is negative."""
    return ExpressionWrapper(Now() + length, output_field=DateTimeField())
