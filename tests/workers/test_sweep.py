"""What no queue knows of any more, workers that are asked to leave, and restarts."""

import pytest
from django_tasks_db.models import DBTaskResult

from batches.models import Kind, Operation, State, TargetScope
from batches.services.operations.actions import operation_confirm
from tests.batches.services.factories import start
from tests.workers.campaigns import (
    an_hour_later,
    assert_all_done,
    fill,
    fill_for_seconds,
    never_queued,
    taken_over,
    wait_for_writes,
    writes,
)
from tests.workers.processes import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_operation_that_was_never_handed_to_a_queue_is_found(sandbox, processes, operator):
    ids = fill(sandbox, 10)
    operation = never_queued(start(Kind.PAUSE, operator))
    processes.worker("stop")
    processes.sweep()

    assert_all_done(operation, sandbox, ids)


def test_an_operation_whose_queue_was_lost_is_handed_over_again(sandbox, processes, operator):
    ids = fill(sandbox, 10)
    operation = start(Kind.PAUSE, operator)
    DBTaskResult.objects.all().delete()
    an_hour_later(operation)

    processes.worker("stop")
    processes.sweep()

    assert_all_done(operation, sandbox, ids)


def test_several_sweeps_hand_each_operation_over_once(sandbox, processes, operator):
    operations = [never_queued(start(Kind.PAUSE, operator, campaign_id=number)) for number in range(20)]
    for _ in range(3):
        processes.manage("sweep_operations", "--every", 0.05)

    eventually(lambda: not Operation.objects.filter(queued_at=None).exists())
    eventually(lambda: DBTaskResult.objects.count() >= len(operations))

    assert sorted(task.args_kwargs["args"] for task in DBTaskResult.objects.all()) == [[op.pk] for op in operations]


def test_a_worker_that_is_asked_to_leave_ends_what_it_began_and_another_goes_on_at_once(sandbox, processes, operator):
    ids = fill_for_seconds(sandbox)
    operation = start(Kind.PAUSE, operator)
    worker = processes.worker("stop")
    first = taken_over(operation)
    wait_for_writes(sandbox, 5)

    assert worker.terminate() == 0

    # No sweep is there to find it: whoever leaves hands it over.
    operation.refresh_from_db()
    assert operation.state == State.WAITING
    assert not operation.changes.unsettled().exists()
    processes.worker("stop")
    taken_over(operation, other_than=first)
    assert_all_done(operation, sandbox, ids)


def test_a_restart_of_everything_in_the_middle_loses_nothing(sandbox, processes, operator):
    ids = fill_for_seconds(sandbox)
    operation = start(Kind.PAUSE, operator)
    everything = [processes.worker("stop"), processes.worker("default"), processes.sweep()]
    wait_for_writes(sandbox, 5)

    for process in everything:
        process.kill()
    assert_unfinished(operation)
    for queue in ("stop", "default"):
        processes.worker(queue)
    processes.sweep()

    assert_all_done(operation, sandbox, ids)


def test_a_resume_that_was_delayed_calls_nobody_before_a_person_says_so_again(sandbox, processes, operator):
    ids = fill(sandbox, 10, status="PAUSED")
    resume = never_queued(start(Kind.RESUME, operator, scope=TargetScope.FILTER, status="PAUSED"))
    an_hour_later(resume)
    processes.worker("default")
    processes.sweep()

    eventually(lambda: Operation.objects.get(pk=resume.pk).state == State.ASKING)
    assert not writes(sandbox)

    assert operation_confirm(operation=resume, actor=operator)
    assert_all_done(resume, sandbox, ids, status="ACTIVE")


def assert_unfinished(operation):
    operation.refresh_from_db()
    assert operation.is_open
    assert operation.items.filter(state="waiting").exists()
