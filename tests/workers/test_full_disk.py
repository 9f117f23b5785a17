"""A disk that is full for a while: workers wait with one line per pause, and continue when there is room again."""

import json
from pathlib import Path

import pytest

from batches.models import Kind
from tests.batches.services.factories import start
from tests.workers.campaigns import assert_all_done, fill, fill_for_seconds, taken_over, wait_for_writes, writes
from tests.workers.processes import eventually

pytestmark = pytest.mark.django_db(transaction=True)

# The pauses have grown by then: a quarter of a second, a half, one.
GROWN_SECONDS = 1.0
# A flood has thousands in that time.
MOST_LINES = 50


class Disk:
    """Processes that are started with `environment` find it full while it is filled."""

    def __init__(self, flag):
        self._flag = flag
        self.environment = {"PYTHONPATH": str(Path(__file__).parent / "full_disk"), "FULL": str(flag)}

    def fill(self):
        self._flag.touch()

    def make_room(self):
        self._flag.unlink()


@pytest.fixture
def disk(tmp_path):
    return Disk(tmp_path / "full")


def pauses(process):
    """Return the seconds of the pauses that the process has told of."""
    failures = [line for line in process.log.read_text().splitlines() if "database_failed" in line]
    return [json.loads(line)["again_in"] for line in failures if line.endswith("}")]


def waits_quietly(process):
    """Return when the pauses of the process have grown since the disk is full, with little output."""
    eventually(lambda: any(seconds >= GROWN_SECONDS for seconds in pauses(process)))
    log = process.log.read_text()
    assert process.is_alive
    assert "Traceback" not in log
    assert len(log.splitlines()) < MOST_LINES


def test_a_worker_in_the_midst_of_an_operation(disk, sandbox, processes, operator):
    ids = fill_for_seconds(sandbox)
    operation = start(Kind.PAUSE, operator)
    worker = processes.worker("stop", LOG_LEVEL="WARNING", **disk.environment)
    processes.sweep()
    taken_over(operation)
    wait_for_writes(sandbox, 5)

    disk.fill()
    waits_quietly(worker)
    so_far = len(writes(sandbox))
    disk.make_room()

    assert so_far < len(ids)
    assert_all_done(operation, sandbox, ids)


def test_a_worker_that_has_nothing_to_do_yet(disk, sandbox, processes, operator):
    ids = fill(sandbox, 10)
    disk.fill()
    worker = processes.worker("stop", LOG_LEVEL="WARNING", **disk.environment)
    operation = start(Kind.PAUSE, operator)

    waits_quietly(worker)
    disk.make_room()

    assert_all_done(operation, sandbox, ids)


def test_the_sweep(disk, sandbox, processes, operator):
    ids = fill(sandbox, 10)
    disk.fill()
    sweep = processes.sweep(LOG_LEVEL="WARNING", **disk.environment)
    operation = start(Kind.PAUSE, operator)

    waits_quietly(sweep)
    disk.make_room()
    processes.worker("stop")

    assert_all_done(operation, sandbox, ids)


def test_a_worker_is_told_to_end_while_it_waits(disk, sandbox, processes, operator):
    fill_for_seconds(sandbox)
    operation = start(Kind.PAUSE, operator)
    worker = processes.worker("stop", **disk.environment)
    taken_over(operation)
    wait_for_writes(sandbox, 5)
    disk.fill()
    eventually(lambda: "database_failed" in worker.log.read_text())

    assert worker.terminate() == 0
