"""Making the file of an export: what is in it, who may have it, and what can go wrong meanwhile."""

import errno
import os
import stat
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.tasks import mail_send
from batches.access import EVERYTHING, reader_of
from batches.export_parts import export_parts
from batches.models import ExportFormat, ExportProblem, ExportState, Kind, Operation, TargetScope, TrailExport
from batches.selectors import trail_export
from batches.selectors.trail_export import trail_entries
from batches.services.exports import ask, make
from batches.services.exports.files import export_open
from batches.services.exports.lease import export_lease_acquire
from batches.services.exports.make import export_make
from batches.services.operations.enqueue import operation_enqueue
from batches.trail_filter import TrailFilter
from batches.words.trail_file import file_blocks
from tests.batches.services.exports.files import added, asked_for, carried_out, now
from tests.conftest import member_of
from trail.models import Action, Entry

pytestmark = pytest.mark.django_db

EVERY_ENTRY = TrailFilter()
A_LONG_TIME = timedelta(hours=1)


@pytest.fixture
def anna(exports_folder, monkeypatch):
    monkeypatch.setattr(trail_export, "AT_A_TIME", 7)
    return member_of("Operators", "anna@example.com")


def streamed(actor, asked=EVERY_ENTRY, file_format=ExportFormat.JSONL):
    reader = reader_of(actor)
    return b"".join(file_blocks(trail_entries(asked, scope=EVERYTHING, reader=reader), file_format, reader))


def content(export):
    with export_open(now(export)) as file:
        return file.read()


def files(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def ready(export):
    assert carried_out(export).state == ExportState.READY
    return content(export)


def ready_one(actor):
    """Return a new export whose file is ready."""
    export = asked_for(actor)
    ready(export)
    return export


def made(export, *, must_leave=lambda: False, parts=export_parts):
    """Let a worker have one turn; return whether the export has to be queued again."""
    return export_make(export.pk, parts=parts, must_leave=must_leave)


def after(number, act, parts=export_parts):
    """Return the parts of a file that do something after so many."""

    def acting(export, actor):
        for count, part in enumerate(parts(export, actor), 1):
            yield part
            if count == number:
                act()

    return acting


def fail(error):
    def failing():
        raise error

    return failing


class TestContent:
    @pytest.mark.parametrize("file_format", ExportFormat)
    def test_it_is_the_streamed_file_bit_for_bit(self, anna, file_format):
        added(anna, 30)
        expected = streamed(anna, file_format=file_format)
        export = asked_for(anna, file_format=file_format)
        assert ready(export) == expected
        visible = list(trail_entries(EVERY_ENTRY, scope=EVERYTHING, reader=reader_of(anna)))
        assert (now(export).bytes, now(export).rows) == (len(expected), len(visible))

    @pytest.mark.parametrize("file_format", ExportFormat)
    def test_one_without_entries_is_too(self, anna, file_format):
        export = asked_for(anna, file_format=file_format, query="batch=none")
        assert ready(export) == streamed(anna, TrailFilter(batch="none"), file_format)

    @pytest.mark.parametrize(
        "chosen", [{"batch": "b4"}, {"operation": "9"}, {"who": "anna", "campaign": "4"}, {"reason": "a&b=c d"}]
    )
    def test_it_has_what_the_filter_shows(self, anna, operator, chosen):
        added(anna, 10)
        added(operator, 8, campaign_id=4)
        added(anna, 5, campaign_id=4, operation_id=9, reason="a&b=c d")
        asked = TrailFilter(**chosen)
        expected = streamed(anna, asked)
        assert expected
        assert expected != streamed(anna)
        assert ready(asked_for(anna, query=asked.query_string)) == expected

    def test_what_the_page_folds_is_in_it(self, anna):
        added(anna, 10, operation_id=9)
        assert ready(asked_for(anna)).count(b'"operation_id": 9') == 10

    def test_nothing_that_came_later_is_in_it(self, anna):
        added(anna, 5)
        expected = streamed(anna)
        export = asked_for(anna)
        Entry.objects.create(action=Action.CHANGE_ENDED, change_id=99, at=timezone.now() + A_LONG_TIME)
        assert ready(export) == expected

    def test_yesterday_is_the_day_before_it_was_asked_for_in_the_zone_of_that_person(self, anna):
        asked_at = datetime(2026, 3, 2, 3, tzinfo=UTC)
        in_tokyo, in_utc = datetime(2026, 3, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, 20, tzinfo=UTC)
        for batch_id, at in (("tokyo", in_tokyo), ("utc", in_utc)):
            Entry.objects.create(action=Action.CHANGE_ENDED, change_id=1, batch_id=batch_id, at=at)
        for zone, batches in (("Asia/Tokyo", {"tokyo"}), ("UTC", {"tokyo", "utc"})):
            export = asked_for(anna, query="when=yesterday", time_zone=zone)
            TrailExport.objects.filter(pk=export.pk).update(asked_at=asked_at)
            found = ready(export).decode()
            assert {name for name in ("tokyo", "utc") if f'"{name}"' in found} == batches

    def test_it_holds_as_little_of_other_people_as_the_page(self, anna, operator):
        admin = member_of("Administrators", "admin@example.com")
        added(operator, 5)
        assert b"192.0.2.7" not in ready(asked_for(anna))
        assert b"192.0.2.7" in ready(asked_for(admin))

    def test_who_may_see_more_by_now_still_gets_what_they_asked_for(self, anna, operator):
        added(operator, 5)
        export = asked_for(anna)
        anna.is_superuser = True
        anna.save()
        assert b"192.0.2.7" not in ready(export)

    def test_a_filter_of_another_version_makes_no_file(self, anna, exports_folder):
        export = carried_out(asked_for(anna, query="origin=telepathy"))
        assert (export.state, export.problem) == (ExportState.FAILED, ExportProblem.FILTER)
        assert files(exports_folder) == []


class TestFiles:
    def test_only_the_owner_can_read_them_and_nobody_guesses_their_names(self, anna, exports_folder):
        export = asked_for(anna)
        ready(export)
        [name] = files(exports_folder)
        assert stat.S_IMODE(exports_folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((exports_folder / name).stat().st_mode) == 0o600
        assert len(name.removesuffix(".jsonl")) == 32

    def test_they_are_removed_after_seven_days_and_the_export_stays(self, anna, exports_folder):
        old = asked_for(anna)
        ready(old)
        TrailExport.objects.update(finished_at=timezone.now() - timedelta(days=7, minutes=1))
        new = asked_for(anna)
        ready(new)
        call_command("sweep_operations", stdout=StringIO())
        assert (now(old).state, now(new).state) == (ExportState.REMOVED, ExportState.READY)
        assert files(exports_folder) == [now(new).file.name]
        assert export_open(now(old)) is None

    def test_of_one_person_the_newest_five_are_kept(self, anna, viewer, exports_folder):
        of_another = ready_one(viewer)
        exports = [ready_one(anna) for _ in range(7)]
        call_command("sweep_operations", stdout=StringIO())
        states = [now(export).state for export in exports]
        assert states == [ExportState.REMOVED] * 2 + [ExportState.READY] * 5
        assert now(of_another).state == ExportState.READY
        assert len(files(exports_folder)) == 6

    def test_one_that_cannot_be_removed_keeps_no_other_from_it(self, anna, exports_folder, monkeypatch):
        first = asked_for(anna)
        ready(first)
        second = asked_for(anna)
        ready(second)
        # A folder in the place of the file: nothing removes it.
        (exports_folder / now(second).file.name).unlink()
        (exports_folder / now(second).file.name / "inside").mkdir(parents=True)
        TrailExport.objects.update(finished_at=timezone.now() - timedelta(days=8))
        call_command("sweep_operations", stdout=StringIO())
        assert (now(first).state, now(second).state) == (ExportState.REMOVED, ExportState.READY)


class TestAuthority:
    def test_nothing_is_made_for_somebody_who_can_no_longer_see_changes(self, anna, exports_folder):
        export = asked_for(anna)
        anna.groups.clear()
        export = carried_out(export)
        assert (export.state, export.problem) == (ExportState.FAILED, ExportProblem.AUTHORITY)
        assert files(exports_folder) == []

    def test_nothing_is_made_for_somebody_who_is_gone(self, anna, exports_folder):
        export = asked_for(anna)
        anna.delete()
        export = carried_out(export)
        assert (export.problem, export.actor_email) == (ExportProblem.AUTHORITY, "anna@example.com")

    def test_nothing_is_left_if_they_are_deactivated_while_it_is_made(self, anna, exports_folder, monkeypatch):
        monkeypatch.setattr(make, "export_lease_seconds", lambda: 0.0)
        added(anna, 30)
        export = asked_for(anna)

        def deactivate():
            assert len(files(exports_folder)) == 1
            type(anna).objects.filter(pk=anna.pk).update(is_active=False)

        assert not made(export, parts=after(2, deactivate))
        assert (now(export).state, now(export).problem) == (ExportState.FAILED, ExportProblem.AUTHORITY)
        assert files(exports_folder) == []

    def test_who_saw_people_and_no_longer_does_gets_nothing(self, exports_folder):
        admin = member_of("Administrators", "admin@example.com")
        export = asked_for(admin)
        admin.groups.set(member_of("Viewers", "viewer@example.com").groups.all())
        assert carried_out(export).problem == ExportProblem.AUTHORITY


class TestTrouble:
    @pytest.mark.parametrize(
        ("error", "problem"),
        [
            (OSError(errno.ENOSPC, "No space left on device"), ExportProblem.DISK_FULL),
            (OSError(errno.EDQUOT, "Quota exceeded"), ExportProblem.DISK_FULL),
            (OSError(errno.EIO, "Input/output error"), ExportProblem.FOLDER),
            (ValueError("whatever"), ExportProblem.BROKEN),
        ],
    )
    def test_an_export_that_cannot_be_written_failed_and_leaves_nothing(self, anna, exports_folder, error, problem):
        added(anna, 30)
        export = asked_for(anna)
        assert not made(export, parts=after(2, fail(error)))
        assert (now(export).state, now(export).problem) == (ExportState.FAILED, problem)
        assert (now(export).rows, now(export).bytes) == (0, 0)
        assert files(exports_folder) == []
        asked_for(anna)

    def test_a_full_disk_is_told_by_the_disk_itself(self, anna, exports_folder):
        added(anna, 30)
        export = asked_for(anna)

        def fill():
            # Whatever is written to this device from now on finds it full.
            full = os.open("/dev/full", os.O_WRONLY)
            [opened] = [fd for fd in Path("/proc/self/fd").iterdir() if _is_in(exports_folder, fd)]
            os.dup2(full, int(opened.name))
            os.close(full)

        assert not made(export, parts=after(1, fill))
        assert (now(export).state, now(export).problem) == (ExportState.FAILED, ExportProblem.DISK_FULL)
        assert files(exports_folder) == []

    def test_it_ends_before_the_disk_is_full(self, anna, exports_folder, monkeypatch):
        monkeypatch.setattr(make, "LEAST_FREE", 10**18)
        added(anna, 30)
        assert carried_out(asked_for(anna)).problem == ExportProblem.DISK_FULL
        assert files(exports_folder) == []

    def test_a_folder_that_cannot_be_made_is_told(self, anna, exports_folder):
        exports_folder.write_text("a file in its place")
        assert carried_out(asked_for(anna)).problem == ExportProblem.FOLDER

    def test_while_the_database_fails_the_export_stays_open_for_the_next_worker(self, anna, exports_folder):
        added(anna, 30)
        expected = streamed(anna)
        export = asked_for(anna)
        assert not made(export, parts=after(2, fail(OperationalError("database or disk is full"))))
        assert now(export).state == ExportState.RUNNING
        assert len(files(exports_folder)) == 1
        assert _abandoned(export)
        assert ready(export) == expected
        assert files(exports_folder) == [now(export).file.name]

    def test_one_that_kills_each_of_its_workers_is_given_up(self, anna, exports_folder):
        export = asked_for(anna)
        for _ in range(make.MOST_TRIES):
            made(export, parts=after(1, fail(OperationalError("gone"))))
            assert _abandoned(export)
        export = carried_out(export)
        assert (export.state, export.problem) == (ExportState.FAILED, ExportProblem.LOST)
        assert files(exports_folder) == []


class TestTurns:
    def test_a_worker_that_is_told_to_leave_leaves_the_rest_to_the_next(self, anna, exports_folder):
        added(anna, 30)
        expected = streamed(anna)
        export = asked_for(anna)
        turns = 0
        while made(export, must_leave=lambda: True):
            turns += 1
            assert now(export).state == ExportState.WAITING
            assert now(export).rows == min(7 * turns, expected.count(b"\n"))
            assert len(files(exports_folder)) == 1
        assert turns > 3
        assert content(export) == expected
        assert now(export).tries == 1

    @pytest.mark.parametrize("file_format", ExportFormat)
    def test_what_a_dead_worker_wrote_after_the_last_turn_is_not_in_it_twice(self, anna, file_format, exports_folder):
        added(anna, 30)
        expected = streamed(anna, file_format=file_format)
        export = asked_for(anna, file_format=file_format)
        assert made(export, must_leave=lambda: True)
        with (exports_folder / now(export).file.name).open("ab") as file:
            file.write(b"half of a line")
        assert ready(export) == expected

    def test_on_a_machine_without_the_file_it_begins_anew(self, anna, exports_folder):
        added(anna, 30)
        expected = streamed(anna)
        export = asked_for(anna)
        assert made(export, must_leave=lambda: True)
        (exports_folder / now(export).file.name).unlink()
        assert ready(export) == expected
        assert now(export).tries == 2

    def test_it_gives_way_to_operations_and_is_queued_again(self, anna, monkeypatch):
        monkeypatch.setattr(make, "TURN_SECONDS", 0.0)
        added(anna, 30)
        expected = streamed(anna)
        export = asked_for(anna)
        Operation.objects.create(kind=Kind.PAUSE, scope=TargetScope.FILTER)
        assert not made(export), "a stop has workers of its own"
        export = asked_for(anna)
        Operation.objects.create(kind=Kind.RESUME, scope=TargetScope.FILTER)
        DBTaskResult.objects.all().delete()
        assert carried_out(export).state == ExportState.WAITING
        [task] = DBTaskResult.objects.all()
        assert (task.queue_name, task.args_kwargs["args"]) == ("default", [export.pk])
        Operation.objects.all().delete()
        assert ready(export).startswith(expected[:1000])

    def test_operations_and_mails_overtake_those_that_wait_for_a_worker(self, anna, viewer):
        for actor in (anna, viewer):
            asked_for(actor)
        operation = Operation.objects.create(kind=Kind.RESUME, scope=TargetScope.FILTER)
        operation_enqueue(operation)
        mail_send.enqueue(1, 0)
        tasks = [task.task_path.rpartition(".")[2] for task in DBTaskResult.objects.ready()]
        assert tasks == ["run_operation", "mail_send", "make_export", "make_export"]


class TestWorkers:
    def test_one_at_a_time_has_it(self, anna, exports_folder):
        added(anna, 30)
        expected = streamed(anna)
        export = asked_for(anna)

        def another():
            assert not made(export)
            assert len(files(exports_folder)) == 1

        assert not made(export, parts=after(2, another))
        assert content(export) == expected

    def test_one_that_was_taken_for_dead_leaves_it_to_the_next(self, anna, exports_folder, monkeypatch):
        monkeypatch.setattr(make, "export_lease_seconds", lambda: 0.0)
        added(anna, 30)
        expected = streamed(anna)
        export = asked_for(anna)
        mine = []

        def another():
            assert _abandoned(export)
            mine.append(ready(export))

        assert not made(export, parts=after(2, another))
        assert mine == [expected]
        assert content(export) == expected
        assert files(exports_folder) == [now(export).file.name]

    def test_one_that_was_taken_for_dead_at_its_last_entry_does_too(self, anna, exports_folder):
        added(anna, 30)
        expected = streamed(anna)
        export = asked_for(anna)

        def another():
            assert _abandoned(export)
            assert ready(export) == expected

        assert not made(export, parts=after(5, another))
        assert content(export) == expected
        assert files(exports_folder) == [now(export).file.name]


class TestSweep:
    def queued_again(self):
        DBTaskResult.objects.all().delete()
        call_command("sweep_operations", stdout=StringIO())
        return [task.args_kwargs["args"][0] for task in DBTaskResult.objects.all()]

    def test_what_no_queue_knows_of_is_queued_again_once(self, anna):
        lost, fresh = asked_for(anna), asked_for(member_of("Viewers", "viewer@example.com"))
        TrailExport.objects.filter(pk=lost.pk).update(
            queued_at=timezone.now() - A_LONG_TIME, asked_at=timezone.now() - A_LONG_TIME
        )
        assert self.queued_again() == [lost.pk]
        assert self.queued_again() == []
        assert now(fresh).state == ExportState.WAITING

    def test_what_a_living_worker_has_is_left_to_it(self, anna):
        export = asked_for(anna)
        assert export_lease_acquire(export.pk)
        assert self.queued_again() == []

    def test_a_queue_that_is_down_does_not_keep_anybody_from_asking(self, anna, monkeypatch):
        monkeypatch.setattr("batches.services.exports.enqueue.import_string", lambda name: 1 / 0)
        export = asked_for(anna)
        assert now(export).queued_at is None


class TestAsking:
    def test_a_person_has_one_under_way(self, anna):
        first = asked_for(anna)
        for query in ("", "batch=b1"):
            found, is_new = ask.export_ask(query=query, file_format=ExportFormat.CSV, time_zone="UTC", actor=anna)
            assert (found, is_new) == (first, False)
        ready(first)
        asked_for(anna)

    def test_of_two_clicks_at_once_one_counts(self, anna, monkeypatch):
        first = asked_for(anna)
        answers = [None, first]
        monkeypatch.setattr(ask, "_under_way", lambda actor: answers.pop(0))
        assert ask.export_ask(query="", file_format=ExportFormat.CSV, time_zone="UTC", actor=anna) == (first, False)

    def test_not_too_many_wait_in_all(self, anna, monkeypatch):
        monkeypatch.setattr(ask, "MOST_UNDER_WAY", 2)
        asked_for(anna)
        asked_for(member_of("Viewers", "viewer@example.com"))
        with pytest.raises(ask.TooManyExports):
            asked_for(member_of("Viewers", "third@example.com"))


def _is_in(folder, fd):
    try:
        return fd.readlink().is_relative_to(folder)
    except OSError:
        return False


def _abandoned(export):
    """Let the lease of the export end, and a sweep notice; return whether it did."""
    past = timezone.now() - A_LONG_TIME
    TrailExport.objects.filter(pk=export.pk, state=ExportState.RUNNING).update(lease_until=past)
    call_command("sweep_operations", stdout=StringIO())
    return now(export).state == ExportState.WAITING
