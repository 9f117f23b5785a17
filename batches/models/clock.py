"""The clock of the database. Machines compare moments by this one alone, as their own may differ."""

from datetime import timedelta

from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.functions import Now
from django.db.models.sql import Query


def later(length: timedelta) -> ExpressionWrapper:
    """`length` from now."""
    return ExpressionWrapper(Now() + length, output_field=DateTimeField())


def now_in_sql() -> str:
    """Now, for a query that is written already and is given its parameters, if only none."""
    return Query(None).get_compiler(connection=connection).compile(Now())[0]
