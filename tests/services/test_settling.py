"""What becomes of a change that a crash or a silent API left open."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from batches.models import Change, Outcome
from batches.sandbox import faults
from batches.services.changes import batch_pause, batch_resume
from batches.services.settling import change_settle, changes_settle

pytestmark = pytest.mark.django_db

ID = "20261123.9"


@pytest.fixture
def batch(sandbox):
    sandbox.store.add_batch(ID, status="ACTIVE")
    return sandbox


def pass_the_deadline():
    Change.objects.update(deadline_at=timezone.now() - timedelta(seconds=1))


def settle_changes():
    """The command: what it printed, and its exit code."""
    out, code = StringIO(), 0
    try:
        call_command("settle_changes", stdout=out)
    except SystemExit as stop:
        code = stop.code
    return out.getvalue(), code


@pytest.fixture
def unconfirmed(batch, operator):
    """A pause that the API neither took nor refused."""
    fault = batch.faults.add(faults.ignore(), method="PUT", times=None)
    change = batch_pause(batch_id=ID, actor=operator).change
    fault.times = 0
    assert (change.outcome, change.is_settled) == (Outcome.UNCONFIRMED, False)
    return change


def test_one_that_was_taken_after_all_is_applied(batch, unconfirmed):
    batch.store.change_batch(ID, status="PAUSED")
    assert change_settle(unconfirmed).outcome == Outcome.APPLIED
    assert unconfirmed.is_settled


def test_one_that_does_not_show_before_its_deadline_stays_open(batch, unconfirmed):
    assert not change_settle(unconfirmed).is_settled


def test_one_that_does_not_show_after_its_deadline_is_settled_as_not_confirmed(batch, unconfirmed):
    pass_the_deadline()
    assert "Not confirmed" in settle_changes()[0]
    unconfirmed.refresh_from_db()
    assert (unconfirmed.outcome, unconfirmed.is_settled) == (Outcome.UNCONFIRMED, True)


def test_the_next_change_of_the_batch_is_the_better_witness(batch, unconfirmed, operator):
    batch.store.change_batch(ID, status="PAUSED")
    batch_resume(batch_id=ID, actor=operator)
    pass_the_deadline()
    batch.requests.clear()
    unconfirmed.refresh_from_db()
    assert change_settle(unconfirmed).outcome == Outcome.APPLIED
    assert not batch.requests


def test_while_the_api_is_silent_it_stays_open_and_the_command_says_so(batch, unconfirmed):
    pass_the_deadline()
    batch.faults.add(faults.answer(500), times=None)
    printed, code = settle_changes()
    assert ("still open" in printed, code) == (True, 1)


def test_a_living_writer_is_left_alone(batch):
    change = Change.objects.create(
        batch_id=ID, wish={"status": "PAUSED"}, deadline_at=timezone.now() + timedelta(seconds=30)
    )
    assert changes_settle() == []
    assert change_settle(change).outcome == Outcome.STARTED
    assert not batch.requests


def test_a_batch_that_is_gone_settles_its_changes(batch, unconfirmed):
    pass_the_deadline()
    batch.store.clear()
    assert settle_changes()[1] == 0
    assert "does not know" in Change.objects.get().detail


@pytest.mark.django_db(transaction=True)
class TestKilled:
    """A process killed with SIGKILL while the API has its write in hand."""

    SCRIPT = """
import django; django.setup()
from django.conf import settings
settings.SYLLABLE_API_URL, settings.SYLLABLE_API_KEY = {url!r}, {key!r}
from batches.services.changes import batch_pause
from dashboard.models import User
batch_pause(batch_id={batch_id!r}, actor=User.objects.get(email="operator@example.com"))
"""

    def kill_when(self, batch, arrived):
        """Run a pause in a process of its own and kill it once `arrived()`."""
        database = connection.settings_dict
        address = f"sqlite:///{database['NAME']}"
        if connection.vendor == "postgresql":
            who = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
            address = f"postgres://{who}/{database['NAME']}"
        script = self.SCRIPT.format(url=batch.url, key=batch.api_key, batch_id=ID)
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings", "DATABASE_URL": address}
        process = subprocess.Popen([sys.executable, "-c", script], env=environment)
        give_up_at = time.monotonic() + 20
        while not arrived():
            assert time.monotonic() < give_up_at
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert Change.objects.get().outcome == Outcome.STARTED

    def test_after_the_write_was_taken_it_is_settled_as_applied(self, batch, operator):
        batch.faults.add(faults.hang(applied=True), method="PUT")
        self.kill_when(batch, lambda: batch.batch(ID)["status"] == "PAUSED")
        pass_the_deadline()
        assert "Applied" in settle_changes()[0]
        assert Change.objects.get().is_settled

    def test_before_the_write_was_taken_it_is_settled_as_not_confirmed(self, batch, operator):
        batch.faults.add(faults.hang(), method="PUT")
        self.kill_when(batch, lambda: batch.requests.of("PUT"))
        pass_the_deadline()
        settle_changes()
        change = Change.objects.get()
        assert (change.outcome, change.is_settled) == (Outcome.UNCONFIRMED, True)
        assert batch.batch(ID)["status"] == "ACTIVE"

    def test_before_anything_was_sent_it_is_settled_as_not_sent(self, batch, operator):
        batch.faults.add(faults.hang(), method="GET")
        self.kill_when(batch, lambda: batch.requests.of("GET"))
        pass_the_deadline()
        settle_changes()
        assert Change.objects.get().outcome == Outcome.NOT_SENT

    def test_its_lock_does_not_outlive_its_deadline(self, batch, operator):
        batch.faults.add(faults.hang(), method="PUT")
        self.kill_when(batch, lambda: batch.requests.of("PUT"))
        pass_the_deadline()
        assert batch_pause(batch_id=ID, actor=operator).outcome == Outcome.APPLIED
