"""The same by way of Redis."""

import signal

import pytest

from batches.models import ExportState, Kind, Operation, TargetScope, TrailExport
from batches.selectors.status.queues import queues_read
from common.counters import from_json
from common.models import Process, ProcessHeartbeat
from tests.batches.services.exports.files import added, asked_for, now
from tests.batches.services.factories import start
from tests.workers.campaigns import (
    an_hour_later,
    assert_all_done,
    fill,
    fill_for_seconds,
    never_queued,
    taken_over,
    wait_for_writes,
)
from tests.workers.processes import eventually
from tests.workers.redis_server import REDIS

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(REDIS is None, reason="redis-server is not installed here"),
]


def test_workers_side_by_side_do_each_operation_once(redis, sandbox, processes, operator):
    campaigns = {number: fill(sandbox, 20, campaign_id=number) for number in (7, 8, 9)}
    for _ in range(2):
        processes.worker("stop")
    processes.sweep()

    operations = {number: never_queued(start(Kind.PAUSE, operator, campaign_id=number)) for number in campaigns}

    for number, operation in operations.items():
        assert_all_done(operation, sandbox, campaigns[number])


def test_everything_can_be_stopped(redis, sandbox, processes, operator):
    ids = fill(sandbox, 10)
    processes.worker("stop")
    processes.sweep()

    assert_all_done(never_queued(start(Kind.PAUSE, operator, scope=TargetScope.ALL)), sandbox, ids)


def test_an_operation_outlives_a_worker_that_is_killed_and_one_that_is_asked_to_leave(
    redis, sandbox, processes, operator
):
    ids = fill_for_seconds(sandbox)
    operation = never_queued(start(Kind.PAUSE, operator))
    processes.sweep()
    killed = processes.worker("stop")
    token = taken_over(operation)
    leaving = processes.worker("stop")
    wait_for_writes(sandbox, 5)
    killed.kill()
    token = taken_over(operation, other_than=token)
    wait_for_writes(sandbox, 5)
    leaving.send(signal.SIGTERM)
    processes.worker("stop")
    taken_over(operation, other_than=token)

    assert_all_done(operation, sandbox, ids)
    eventually(lambda: not leaving.is_alive)


def test_an_operation_outlives_a_redis_that_forgets_everything(redis, sandbox, processes, operator):
    ids = fill(sandbox, 10)
    operation = never_queued(start(Kind.PAUSE, operator))
    processes.sweep()
    eventually(lambda: Operation.objects.get(pk=operation.pk).queued_at)
    redis.kill()
    redis.start()
    an_hour_later(operation)
    processes.worker("stop")

    assert_all_done(operation, sandbox, ids)


def test_a_long_file_of_the_trail_is_made(redis, processes, operator, exports_folder):
    added(operator, 100)
    export = asked_for(operator, query="campaign=3")
    TrailExport.objects.update(queued_at=None)
    processes.worker()
    processes.sweep()

    eventually(lambda: now(export).state == ExportState.READY)

    assert (exports_folder / now(export).file.name).read_bytes().count(b"\n") == 100


def test_a_worker_says_that_it_is_alive_and_its_queue_can_be_read(redis, sandbox, processes, operator, settings):
    settings.REDIS_URL = processes.environment["REDIS_URL"]
    ids = fill(sandbox, 5)
    operation = never_queued(start(Kind.PAUSE, operator))
    assert [queue.waiting for queue in queues_read()] == [0, 0]
    processes.sweep()
    waiting = eventually(lambda: next((queue for queue in queues_read() if queue.waiting), None))
    assert waiting.name == "stop"
    assert waiting.since >= operation.created_at

    worker = processes.worker("stop")
    assert_all_done(operation, sandbox, ids)
    assert ProcessHeartbeat.objects.alive().filter(process=Process.STOPPER).exists()
    eventually(lambda: queues_read()[1].waiting == 0)
    worker.send(signal.SIGTERM)
    eventually(lambda: not worker.is_alive)

    counted = from_json(ProcessHeartbeat.objects.exclude(ended_at=None).get(process=Process.STOPPER).counters)
    assert counted["outbound_tasks", ("stop", "ok")] >= 1
