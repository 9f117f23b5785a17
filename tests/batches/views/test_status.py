"""The status page: what works, what does not, and what to do."""

import shlex
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.models import Mail, MailProblem, MailPurpose, MailState
from accounts.tasks import mail_send
from batches.api_client import syllable_client
from batches.models import WatchState
from batches.status import Finding
from batches.words.status import ADVICE, COMMANDS, SAID
from common.heartbeat import Heartbeat, heartbeats_forget
from common.migrated import require_migrations
from common.models import Process, ProcessHeartbeat
from common.moments import NOTHING
from sandbox import faults
from syllable.errors import KeyRefused
from tests.batches.sightings import sighting_add
from tests.heartbeats import heartbeat_add
from tests.html import attributes, in_words, parsed
from tests.trail.factories import entries
from tests.workers.processes import eventually
from trail.models import Entry, StreamCursor
from trail.sealer import SealState

pytestmark = pytest.mark.django_db

QUERIES = 18


@pytest.fixture(autouse=True)
def _forget_what_was_found():
    require_migrations.cache_clear()
    yield
    require_migrations.cache_clear()


@pytest.fixture(autouse=True)
def _without_a_watcher(settings):
    settings.WATCH_INTERVAL = 0


@pytest.fixture
def look(client, operator):
    """Open the page as an operator; return the finding and the state of each line by its subject."""
    client.force_login(operator)

    def look():
        response = client.get("/status/")
        assert response.status_code == 200
        look.words = in_words(response)
        look.page = response
        lines = parsed(response).css("[data-subject]")
        found = [(line.attributes["data-subject"], line.attributes.get("data-of") or "") for line in lines]
        states = [(line.attributes["data-finding"], line.attributes["data-state"]) for line in lines]
        return {subject + of: state for (subject, of), state in zip(found, states, strict=True)}

    return look


def test_it_is_for_who_may_edit(client, viewer, operator):
    assert client.get("/status/").headers["Location"].startswith("/accounts/login/")
    client.force_login(viewer)
    assert client.get("/status/").status_code == 403
    assert "/status/" not in attributes(client.get("/changes/"), "header a", "href")
    client.force_login(operator)
    assert client.get("/status/").status_code == 200
    assert client.post("/status/").status_code == 405
    assert "/status/" in attributes(client.get("/changes/"), "header a", "href")


def test_an_installation_that_was_never_started_says_so(look):
    found = look()

    assert found["account"] == ("key_untried", "unknown")
    assert found["contract"] == ("contract_untried", "unknown")
    assert found["answers"] == ("not_asked", "unknown")
    assert found["stopper"] == ("never_seen", "fails")
    assert found["stream"] == ("process_off", "off")
    assert found["looks"] == ("looks_off", "off")
    assert found["queuestop"] == ("queue_empty", "works")
    assert found["database"] == ("migrated", "works")


def test_everything_works(look, settings):
    settings.WATCH_INTERVAL = 30
    for process in Process:
        heartbeat_add(process, readings={"api_accepted_ago": 2.0}, version="1")
    heartbeat_add(Process.WORKER, version="1")
    WatchState.objects.create(pk=1, looked_at=timezone.now())
    sighting_add("a", raw={"batch_id": "a", "count": 1, "status": "ACTIVE"})

    found = look()

    assert {state for _, state in found.values()} <= {"works", "unknown", "off"}
    assert found["worker"] == ("several_run", "works")
    assert found["account"] == ("key_accepted", "works")
    assert found["contract"] == ("contract_shown", "works")
    assert found["looks"] == ("looked", "works")
    assert attributes(look.page, "#status", "data-failing") == ["0"]
    assert "Nothing is known to fail." in look.words


def test_a_process_that_was_silent_for_a_while_is_missing_and_the_page_says_what_to_do(look):
    heartbeat_add(Process.STOPPER, ago=60)

    assert look()["stopper"] == ("missing", "fails")
    assert "Start “python manage.py work_queue stop”." in look.words


def test_a_process_that_ended_is_missing_at_once(look):
    heartbeat_add(Process.SWEEP, ended_at=timezone.now())
    assert look()["sweep"] == ("missing", "fails")


def test_a_process_whose_runs_fail_does_not_work(look):
    heartbeat_add(Process.SETTLE, readings={"failing_for": 90.0})
    assert look()["settle"] == ("run_fails", "fails")


def test_of_two_one_of_which_works_the_work_is_done(look):
    heartbeat_add(Process.SETTLE, readings={"failing_for": 90.0})
    heartbeat_add(Process.SETTLE)
    assert look()["settle"] == ("several_run", "works")


def test_processes_of_two_versions_are_told(look):
    heartbeat_add(Process.WEB, version="0.1.0")
    heartbeat_add(Process.WEB, version="0.2.0")
    assert look()["web"] == ("versions_differ", "fails")
    assert "0.1.0 and 0.2.0" in look.words


@pytest.mark.django_db(transaction=True)
def test_an_api_that_does_not_answer_opens_the_breaker_and_the_page_says_so(look, silence):
    silence()
    with Heartbeat(Process.WEB):
        eventually(lambda: ProcessHeartbeat.objects.alive().exists())
        found = look()

    assert found["answers"] == ("silent", "fails")
    assert "breaker_open" in attributes(look.page, '[data-subject="web"] [data-finding]', "data-finding")


@pytest.mark.parametrize(("answered_ago", "found"), [(5.0, ("answered", "works")), (90.0, ("silent", "fails"))])
def test_a_breaker_that_is_open_for_want_of_calls_is_not_taken_for_silence(look, answered_ago, found):
    heartbeat_add(Process.SETTLE, readings={"api_silent_for": 3600.0, "api_failed_ago": 60.0})
    heartbeat_add(Process.WEB, readings={"api_accepted_ago": answered_ago})

    assert look()["answers"] == found
    assert "breaker_open" in attributes(look.page, '[data-subject="settle"] [data-finding]', "data-finding")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", [None, faults.answer(401)])
def test_a_key_is_judged_by_the_last_answer(look, sandbox, fault):
    sandbox.store.add_batch("a", status="ACTIVE")
    syllable_client().get_batch("a")
    if fault:
        sandbox.faults.add(fault, times=None)
        with pytest.raises(KeyRefused):
            syllable_client().get_batch("a")
    with Heartbeat(Process.WEB):
        eventually(lambda: ProcessHeartbeat.objects.alive().exists())
        found = look()

    assert found["account"] == (("key_refused", "fails") if fault else ("key_accepted", "works"))
    assert found["answers"] == ("answered", "works")


def test_calls_that_found_no_place_and_a_limited_pace_are_noted(look):
    heartbeat_add(Process.WORKER, calls={"too_busy": 1200}, readings={"api_held_for": 4.2})
    look()
    notes = attributes(look.page, '[data-subject="worker"] [data-finding]', "data-finding")
    assert notes == ["held", "turned_away"]
    assert "1,200 calls found no free place" in look.words


def test_a_contract_other_than_that_of_the_settings_is_trouble(look):
    sighting_add("a", raw={"batch_id": "a", "paused": False, "status": "ACTIVE"})
    assert look()["contract"] == ("contract_differs", "fails")


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ({}, ("never_looked", "unknown")),
        ({"looked_at": 10}, ("looked", "works")),
        ({"looked_at": 600}, ("look_late", "fails")),
        ({"looked_at": 600, "failing_since": 500, "problem": "key_refused"}, ("cannot_look", "fails")),
    ],
)
def test_it_says_how_the_watcher_is_doing(look, settings, state, found):
    settings.WATCH_INTERVAL = 30
    ago = {name: timezone.now() - timedelta(seconds=at) for name, at in state.items() if name != "problem"}
    WatchState.objects.create(pk=1, **state | ago)
    heartbeat_add(Process.WEB)
    assert look()["looks"] == found


def test_a_queue_that_nobody_works_is_stuck(look):
    mail_send.enqueue(1, 0)
    heartbeat_add(Process.WEB)
    assert look()["queuedefault"] == ("queue_moves", "works")

    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(minutes=5))

    assert look()["queuedefault"] == ("queue_stuck", "fails")


def test_redis_that_does_not_answer_is_told(look, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    found = look()
    assert found["queuedefault"] == found["queuestop"] == ("queue_unreachable", "fails")


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"state": MailState.SENT}, ("mail_sent", "works")),
        ({"state": MailState.FAILED, "problem": MailProblem.REFUSED}, ("mail_failed", "fails")),
        ({"state": MailState.QUEUED, "tries": 1}, ("mail_delayed", "fails")),
        ({"state": MailState.QUEUED, "tries": 0}, ("mail_ready", "unknown")),
    ],
)
def test_it_says_whether_emails_go_out(look, fields, found):
    ended_at = None if fields["state"] == MailState.QUEUED else timezone.now()
    Mail.objects.create(purpose=MailPurpose.NOTICE, due_at=timezone.now(), ended_at=ended_at, **fields)
    assert look()["mail"] == found


def test_no_mail_server_is_no_failure_but_is_told(look, settings):
    settings.MAIL_DELIVERS = False
    assert look()["mail"] == ("mail_off", "off")
    assert not mail.outbox


def test_entries_that_wait_long_for_a_seal_are_trouble(look, monkeypatch):
    entries(3)
    heartbeat_add(Process.WEB)
    assert look()["seals"] == ("seals_wait", "works")

    monkeypatch.setattr("batches.selectors.status.work.LATE", timedelta(seconds=-1))

    assert look()["seals"] == ("seals_late", "fails")
    assert Entry.objects.exists()


def test_a_log_system_that_refuses_the_trail_is_trouble(look, settings):
    settings.AUDIT_STREAM_URL = "https://siem.example.com/"
    heartbeat_add(Process.STREAM)
    assert look()["deliveries"] == ("deliveries_ready", "unknown")
    StreamCursor.objects.update(delivered_at=timezone.now())
    assert look()["deliveries"] == ("delivered", "works")

    StreamCursor.objects.update(problem="refused", status=403, failing_since=timezone.now())

    found = look()
    assert found["deliveries"] == ("deliveries_fail", "fails")
    assert "it refuses deliveries (HTTP 403)" in look.words


def test_a_moment_that_nobody_knows_is_a_dash(look, monkeypatch):
    monkeypatch.setattr("batches.selectors.status.work.seal_state", lambda: SealState(3, None))
    heartbeat_add(Process.WEB)
    assert look()["seals"] == ("seals_wait", "works")
    assert f"3 waiting for a seal since {NOTHING}." in look.words


def test_a_process_whose_heartbeats_were_removed_is_not_told_to_be_new(look):
    heartbeat_add(Process.STOPPER, ago=25 * 60 * 60)
    assert look()["stopper"] == ("missing", "fails")

    heartbeats_forget()

    assert look()["stopper"] == ("never_seen", "fails")
    assert "Missing. No heartbeat in the last 24 hours." in look.words


def test_missing_migrations_are_told(look):
    [newest] = MigrationLoader(connection).graph.leaf_nodes("accounts")
    MigrationRecorder(connection).record_unapplied(*newest)
    assert look()["database"] == ("not_migrated", "fails")


def test_the_key_and_the_rest_of_its_address_are_nowhere(look, settings):
    settings.SYLLABLE_API_KEY = "sk-secret-key"
    settings.SYLLABLE_API_URL = "https://someone:password@api.example.com/v9"
    look()
    html = look.page.content.decode()
    assert "api.example.com" in html
    assert not [secret for secret in ("sk-secret-key", "password@", "someone:") if secret in html]


def test_moments_are_in_the_zone_of_the_reader(look, operator):
    operator.time_zone = "Asia/Tokyo"
    operator.save()
    row = heartbeat_add(Process.WEB, age=0)
    look()
    started = row.started_at + timedelta(hours=9)
    assert f"{started:%H:%M:%S}" in look.words


def test_it_refreshes_only_itself(client, operator):
    client.force_login(operator)
    response = client.get("/status/", headers={"HX-Request": "true", "HX-Target": "status"})
    assert attributes(response, "#status", "hx-get") == ["/status/"]
    assert "<header" not in response.content.decode()


def test_it_makes_no_call_and_the_number_of_queries_is_fixed(look, client, sandbox, settings):
    settings.WATCH_INTERVAL = 30
    settings.AUDIT_STREAM_URL = "https://siem.example.com/"
    sandbox.faults.add(faults.hang(), times=None)
    entries(2)
    for process in Process:
        for _ in range(5):
            heartbeat_add(process, calls={"ok": 1})
    look()
    with CaptureQueriesContext(connection) as queries:
        look()
    assert len(queries) == QUERIES
    assert not sandbox.requests


def test_every_finding_has_its_sentence():
    assert set(SAID) == set(Finding)
    assert set(ADVICE) <= set(Finding)


def test_the_commands_are_those_of_the_procfile():
    lines = (Path(__file__).parents[3] / "Procfile").read_text().splitlines()
    procfile = dict(line.split(": ", 1) for line in lines)
    for process, command in COMMANDS.items():
        if process in procfile:
            assert shlex.split(procfile[process]) == shlex.split(command)
    assert set(procfile) - {"sandbox"} <= set(COMMANDS)
