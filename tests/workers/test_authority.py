"""People who are shut out while a worker carries out what they asked for."""

import pytest
from django.db import IntegrityError

from accounts.models import User
from batches.models import Kind, Operation, State, TargetScope
from sandbox import faults
from tests.batches.services.factories import start, totals
from tests.workers.campaigns import assert_all_done, fill, fill_for_seconds, finished, wait_for_writes, writes
from tests.workers.processes import eventually
from trail.models import Entry

pytestmark = pytest.mark.django_db(transaction=True)

# Writes that were past their last question when the person was shut out: one for each thread of the worker.
MOST_LATE = 8


def deactivate(person):
    User.objects.filter(pk=person.pk).update(is_active=False)


def take_role(person):
    person.groups.clear()


def delete(person):
    def is_deleted():
        # PostgreSQL refuses it where a change of theirs begins at the same moment.
        try:
            return User.objects.get(pk=person.pk).delete()
        except IntegrityError:
            return False

    eventually(is_deleted)


HOWEVER = pytest.mark.parametrize("shut_out", [deactivate, take_role, delete])


def acts(operation):
    entries = Entry.objects.filter(operation_id=operation.pk, change_id=None).exclude(action="operation_ended")
    return list(entries.order_by("pk").values_list("action", flat=True))


@HOWEVER
def test_a_resume_calls_nobody_more_once_its_person_is_shut_out(shut_out, sandbox, processes, operator):
    fill_for_seconds(sandbox, status="PAUSED")
    resume = start(Kind.RESUME, operator, scope=TargetScope.FILTER, status="PAUSED")
    processes.worker("default")
    wait_for_writes(sandbox, 5)

    shut_out(operator)
    so_far = len(writes(sandbox))

    assert finished(resume).state == State.STOPPED
    late = len(writes(sandbox)) - so_far
    print(f"{late} writes came after")
    assert late <= MOST_LATE
    assert resume.cause == "authority"
    assert acts(resume) == ["operation_started", "operation_ended_without_authority"]
    assert resume.items.filter(state="waiting").exists()


@HOWEVER
def test_a_pause_goes_on_and_says_so(shut_out, sandbox, processes, operator):
    ids = fill_for_seconds(sandbox)
    pause = start(Kind.PAUSE, operator)
    processes.worker("stop")
    wait_for_writes(sandbox, 5)

    shut_out(operator)

    assert_all_done(pause, sandbox, ids)
    assert pause.unattended_since
    assert acts(pause) == ["operation_started", "operation_goes_on_without_authority"]
    assert {sandbox.store.batch(batch_id)["last_updated_by"] for batch_id in ids} == {"operator@example.com"}


@HOWEVER
def test_a_pause_is_carried_out_although_its_person_was_shut_out_before_a_worker_took_it(
    shut_out, sandbox, processes, operator
):
    ids = fill(sandbox, 10)
    pause = start(Kind.PAUSE, operator)
    shut_out(operator)
    processes.worker("stop")

    assert_all_done(pause, sandbox, ids)
    assert pause.unattended_since


@HOWEVER
def test_a_resume_that_waits_for_syllable_ends_when_its_person_is_shut_out(shut_out, sandbox, processes, operator):
    fill(sandbox, 10, status="PAUSED")
    sandbox.faults.add(faults.answer(503), times=None)
    resume = start(Kind.RESUME, operator, scope=TargetScope.FILTER, status="PAUSED")
    processes.worker("default")
    eventually(lambda: Operation.objects.get(pk=resume.pk).detail)

    shut_out(operator)

    assert finished(resume).cause == "authority"
    assert totals(resume) == {}
    assert not writes(sandbox)
