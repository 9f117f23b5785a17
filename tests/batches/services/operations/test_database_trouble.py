"""A database that fails for a moment in the midst of an operation."""

from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created

from batches.models import Change, Kind, Outcome, State
from batches.services.operations.undo import operation_undo
from tests.batches.services.factories import carried_out, start, totals
from tests.conftest import FIRST_PAUSE

pytestmark = pytest.mark.django_db(transaction=True)


class Failing:
    """Makes statements fail `times` times: those that begin like this and have this value."""

    def __init__(self, statement, value, times):
        self.statement, self.value, self.times = statement, value, times

    def __call__(self, execute, sql, params, many, context):
        if self.times and sql.startswith(self.statement) and self.value in (params or ()):
            self.times -= 1
            raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    def watch(self, connection, **kwargs):
        connection.execute_wrappers.append(self)


@contextmanager
def failing(statement, value, *, times=1):
    """Make the database fail like this in every thread, those of a pool included."""
    failing = Failing(statement, value, times)
    connection_created.connect(failing.watch)
    try:
        with connection.execute_wrapper(failing):
            yield
    finally:
        connection_created.disconnect(failing.watch)
    assert not failing.times


@pytest.fixture
def batch(sandbox):
    sandbox.store.add_batch("a", campaign_id=7, status="ACTIVE")


SAVING_THE_ITEM = 'UPDATE "batches_operationitem"', "done"
SAVING_THE_CHANGE = 'UPDATE "batches_change"', "applied"
BEGINNING_A_CHANGE = 'INSERT INTO "batches_change"', "a"


def test_a_batch_that_was_paused_is_done_though_its_item_could_not_be_saved(batch, sandbox, operator):
    with failing(*SAVING_THE_ITEM):
        operation = carried_out(start(Kind.PAUSE, operator))

    assert operation.state == State.FINISHED
    assert totals(operation) == {"done": 1}
    assert operation.items.get().change == Change.objects.get(outcome=Outcome.APPLIED)
    assert len(sandbox.requests.of("PUT")) == 1


def test_a_resume_that_was_confirmed_is_not_written_again_though_somebody_has_paused_since(batch, sandbox, operator):
    pause = carried_out(start(Kind.PAUSE, operator))
    resume = operation_undo(operation=pause, actor=operator)
    # By other means, and before the item can be saved.
    sandbox.after(lambda request: sandbox.store.change_batch("a", status="PAUSED"), method="PUT")
    with failing(*SAVING_THE_ITEM):
        carried_out(resume)

    assert totals(resume) == {"done": 1}
    assert len(sandbox.requests.of("PUT")) == 2
    assert sandbox.batch("a")["status"] == "PAUSED"


def test_a_batch_whose_change_could_not_be_begun_is_tried_again(batch, sandbox, operator):
    with failing(*BEGINNING_A_CHANGE, times=3):
        operation = carried_out(start(Kind.PAUSE, operator))

    assert totals(operation) == {"done": 1}
    assert len(sandbox.requests.of("PUT")) == 1


def test_a_change_that_could_not_be_saved_is_looked_up_when_its_time_is_over(batch, sandbox, operator, settings):
    settings.SYLLABLE_TIMEOUT = 1.0
    with failing(*SAVING_THE_CHANGE):
        operation = carried_out(start(Kind.PAUSE, operator))

    assert totals(operation) == {"done": 1}
    assert not Change.objects.unsettled().exists()
    assert len(sandbox.requests.of("PUT")) == 1


def test_each_pause_is_one_line_and_longer_than_the_one_before(batch, sandbox, operator, caplog):
    with failing(*BEGINNING_A_CHANGE, times=4):
        carried_out(start(Kind.PAUSE, operator))

    lines = [record.msg for record in caplog.records if record.msg["event"] == "database_failed"]
    assert [line["again_in"] for line in lines] == [FIRST_PAUSE * times for times in (1, 2, 4, 8)]
    assert not [record for record in caplog.records if record.exc_info]
