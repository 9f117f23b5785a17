"""Python runs this first where its folder is in PYTHONPATH. While FULL exists the database can write nothing."""

import os
from pathlib import Path

from django.db import OperationalError
from django.db.backends.signals import connection_created

WRITES = ("INSERT", "UPDATE", "DELETE")


def refuse(execute, sql, params, many, context):
    """As SQLite says it."""
    if sql.startswith(WRITES) and Path(os.environ["FULL"]).exists():
        raise OperationalError("database or disk is full")
    return execute(sql, params, many, context)


def watch(connection, **kwargs):
    connection.execute_wrappers.append(refuse)


connection_created.connect(watch)
