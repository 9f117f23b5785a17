"""Indexes that are added while the table is written to."""

import pytest
from django.db import connection
from django.db.migrations.state import ModelState, ProjectState

from trail.indexes import AddIndexOnline
from trail.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_migration_that_was_interrupted_can_run_again():
    index = next(index for index in Entry._meta.indexes if index.name == "entry_newest")
    state = ProjectState()
    state.add_model(ModelState.from_model(Entry))
    with connection.schema_editor(atomic=False) as editor:
        # The index is there already, as after a run that ended half way.
        AddIndexOnline("entry", index).database_forwards("trail", editor, state, state)
    with connection.cursor() as cursor:
        assert "entry_newest" in connection.introspection.get_constraints(cursor, "trail_entry")
