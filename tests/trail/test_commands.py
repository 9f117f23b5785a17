"""The processes of the trail, as the Procfile starts them."""

import os

import pytest
from django.core import mail
from django.core.management import call_command

from tests.trail.factories import entries, sealed
from tests.trail.siem import SECRET, Siem
from tests.workers.processes import Processes, database_url, eventually
from trail import retention
from trail.models import Entry, HeadMail, Leaf, Pending, Seal, StreamCursor
from trail.verify import trail_verify


@pytest.mark.django_db
def test_one_run_seals_everything_and_removes_everything_that_is_old(days_ago, settings, monkeypatch):
    monkeypatch.setattr(retention, "CHUNK", 3)
    settings.TRAIL_DAYS = 10
    days_ago(20)
    sealed(4, 4)
    days_ago(0)
    entries(2)
    call_command("seal_trail")
    # The two, and the one that says what was removed.
    assert (Entry.objects.count(), Leaf.objects.count(), Pending.objects.count()) == (3, 3, 0)
    assert trail_verify() is None


@pytest.mark.django_db
def test_one_run_of_the_stream_sends_the_head_and_the_entries(settings):
    siem = Siem()
    siem.start()
    settings.AUDIT_STREAM_URL, settings.AUDIT_STREAM_SECRET = siem.url, SECRET
    settings.AUDIT_HEAD_TO = ["auditor@example.com"]
    sealed(2)
    try:
        call_command("stream_trail")
    finally:
        siem.stop()
    assert siem.numbers == [1, 2]
    assert len(mail.outbox) == HeadMail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_of_each_process_seal_and_send_everything_once_while_the_receiver_is_killed_and_hangs(tmp_path):
    siem = Siem()
    siem.start()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DATABASE_URL": database_url(),
        "PYTHONUNBUFFERED": "1",
        "AUDIT_STREAM_URL": siem.url,
        "AUDIT_STREAM_SECRET": SECRET,
        "AUDIT_STREAM_TIMEOUT": "2",
    }
    processes = Processes(environment, tmp_path)
    started = []
    try:
        for command in ("seal_trail", "stream_trail") * 2:
            started.append(processes.manage(command, "--every", 0.05))
        entries(5)
        eventually(lambda: siem.numbers == [1, 2, 3, 4, 5])
        siem.behaviours = ["hang"]
        entries(5)
        # A receiver that hangs delays no seal.
        eventually(lambda: siem.seen[-1][-1]["number"] == Seal.objects.count() and not siem.behaviours)
        entries(5)
        eventually(lambda: Leaf.objects.count() == 15)
        siem.stop()
        entries(5)
        eventually(lambda: StreamCursor.objects.get().problem == "unreachable")
        siem.start()
        eventually(lambda: siem.numbers == list(range(1, 21)))
        assert [process.terminate() for process in started] == [0, 0, 0, 0]
    finally:
        processes.end()
        siem.stop()
    assert siem.seals == sorted(siem.seals)
    assert trail_verify() is None


def test_each_says_what_it_does(tmp_path):
    processes = Processes(os.environ | {"DJANGO_SETTINGS_MODULE": "dashboard.settings"}, tmp_path)
    for command in ("seal_trail", "stream_trail", "verify_trail"):
        process = processes.manage(command, "--help")
        assert process.wait() == 0
        assert "Safe to run at any time." in process.log.read_text()
