"""Exports and the workers: killed, told to leave, several at a time, and with a full disk."""

import random
import signal
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from batches.access import EVERYTHING, reader_of
from batches.models import ExportFormat, ExportProblem, ExportState, TrailExport
from batches.selectors.trail_export import trail_entries
from batches.services.exports.enqueue import export_enqueue
from batches.services.exports.files import export_open
from batches.trail_filter import TrailFilter
from batches.words.trail_file import file_blocks
from tests.batches.services.exports.files import added, asked_for, now
from tests.workers.processes import eventually
from trail.models import Entry

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("exports_folder")]

# Enough for a kill in the midst: each part of ten entries takes a while.
ENTRIES = 300
SLOW_WORKER = """
import time
from django.core.management import call_command
from batches import tasks
from batches.selectors import trail_export
from batches.services.exports import make
trail_export.AT_A_TIME, make.TURN_SECONDS = 10, 0.5
parts = tasks.export_parts

def slow_parts(export, actor):
    for part in parts(export, actor):
        time.sleep(0.1)
        yield part

tasks.export_parts = slow_parts
call_command("work_queue", "default")
"""
# A file that grows past this finds no room. The database stays below.
ROOM = 4_000_000
LITTLE_ROOM_WORKER = f"""
import resource
from django.core.management import call_command
resource.setrlimit(resource.RLIMIT_FSIZE, ({ROOM}, {ROOM}))
call_command("work_queue", "default")
"""


@pytest.fixture
def trail(operator):
    added(operator, ENTRIES)


def streamed(actor, file_format=ExportFormat.JSONL):
    reader = reader_of(actor)
    entries = trail_entries(TrailFilter(campaign="3"), scope=EVERYTHING, reader=reader)
    return b"".join(file_blocks(entries, file_format, reader))


def asked(actor, **about):
    return asked_for(actor, query="campaign=3", **about)


def ended(export):
    """Return the export once it has ended."""
    return eventually(lambda: (found := now(export)) and not found.is_under_way and found)


def content(export):
    assert ended(export).state == ExportState.READY
    with export_open(now(export)) as file:
        return file.read()


def begun(export, *, other_than=""):
    """Return the token of the next worker, once it has written something."""

    def token():
        found = now(export)
        return found.state == ExportState.RUNNING and found.rows and found.token not in ("", other_than) and found.token

    return eventually(token)


def files(folder):
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("file_format", ExportFormat)
def test_a_worker_makes_it(processes, operator, trail, exports_folder, file_format):
    export = asked(operator, file_format=file_format)
    processes.worker()
    assert content(export) == streamed(operator, file_format)
    assert files(exports_folder) == [now(export).file.name]


def test_it_outlives_workers_that_are_killed_at_random_moments(processes, operator, trail, exports_folder):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    export = asked(operator)
    processes.sweep()

    token = ""
    for _ in range(3):
        worker = processes.shell(SLOW_WORKER)
        token = begun(export, other_than=token)
        time.sleep(chance.uniform(0, 0.3))
        worker.kill()
    assert now(export).state == ExportState.RUNNING
    processes.worker()

    assert content(export) == streamed(operator)
    assert now(export).tries == 4
    assert files(exports_folder) == [now(export).file.name]


def test_a_worker_that_is_told_to_leave_does_and_the_next_goes_on_where_it_was(processes, operator, trail):
    export = asked(operator)
    worker = processes.shell(SLOW_WORKER)
    begun(export)
    assert worker.terminate() == 0
    left = now(export)
    assert (left.state, left.cursor is None) == (ExportState.WAITING, False)
    assert 0 < left.rows < ENTRIES
    processes.worker()
    assert content(export) == streamed(operator)
    assert now(export).tries == 1


def test_of_two_workers_with_the_same_task_one_makes_it(processes, operator, trail, exports_folder):
    export = asked(operator)
    for _ in range(3):
        export_enqueue(export.pk)
    for _ in range(2):
        processes.shell(SLOW_WORKER)
    assert content(export) == streamed(operator)
    eventually(lambda: DBTaskResult.objects.successful().count() == 4)
    assert now(export).tries == 1
    assert files(exports_folder) == [now(export).file.name]


def test_a_worker_that_stalls_beyond_its_lease_leaves_the_next_ones_file_alone(
    processes, operator, trail, exports_folder
):
    export = asked(operator)
    stalled = processes.shell(SLOW_WORKER)
    token = begun(export)
    stalled.stall()
    TrailExport.objects.filter(token=token).update(lease_until=timezone.now() - timedelta(seconds=1))
    processes.sweep()
    processes.worker()
    assert content(export) == streamed(operator)
    stalled.send(signal.SIGCONT)
    eventually(lambda: not DBTaskResult.objects.filter(status="RUNNING").exists())
    assert content(export) == streamed(operator)
    assert files(exports_folder) == [now(export).file.name]


def test_a_full_disk_fails_the_export_and_not_the_worker(processes, operator, exports_folder):
    # Each of these letters is six in the file.
    Entry.objects.bulk_create(
        Entry(action="change_ended", change_id=number, campaign_id=3, reason="\x01" * 10_000) for number in range(100)
    )
    added(operator, 10, campaign_id=4)
    export = asked(operator)
    worker = processes.shell(LITTLE_ROOM_WORKER)
    assert (ended(export).state, now(export).problem) == (ExportState.FAILED, ExportProblem.DISK_FULL)
    assert files(exports_folder) == []

    small = asked_for(operator, query="campaign=4")
    assert ended(small).state == ExportState.READY
    assert worker.is_alive


def test_what_was_never_handed_to_a_queue_is_found(processes, operator, trail):
    export = asked(operator)
    DBTaskResult.objects.all().delete()
    TrailExport.objects.update(queued_at=None)
    processes.sweep()
    processes.worker()
    assert content(export) == streamed(operator)
