"""Real processes say that they are alive, and their counts outlive them."""

import pytest
import requests
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from batches.models import Kind
from common.counters import added, from_json
from common.heartbeat import heartbeats_forget
from common.models import Process, ProcessHeartbeat
from tests.batches.services.factories import start
from tests.heartbeats import grow_old
from tests.html import attributes
from tests.workers.campaigns import assert_all_done, fill
from tests.workers.processes import eventually

pytestmark = pytest.mark.django_db(transaction=True)

DAY = 24 * 60 * 60
TOKEN = "a-token-for-the-tests-of-metrics"
# A command whose heartbeats come soon after each other.
QUICK = """
from common import heartbeat
heartbeat.BEAT_SECONDS = 0.1
from django.core.management import call_command
call_command({arguments})
"""
COMMANDS = {
    Process.WORKER: ("work_queue", "default"),
    Process.STOPPER: ("work_queue", "stop"),
    Process.SWEEP: ("sweep_operations", "--every", "2"),
    Process.SETTLE: ("settle_changes", "--every", "30"),
    Process.SEAL: ("seal_trail", "--every", "1"),
    Process.STREAM: ("stream_trail", "--every", "2"),
}


@pytest.fixture
def quick(processes):
    """Start a process of the Procfile whose heartbeats come soon after each other."""
    return lambda process, **environment: processes.shell(
        QUICK.format(arguments=", ".join(map(repr, COMMANDS[process]))), **environment
    )


def alive(process):
    return list(ProcessHeartbeat.objects.alive().filter(process=process))


def counted(process):
    return added(from_json(row.counters) for row in ProcessHeartbeat.objects.filter(process=process))


def test_every_process_says_that_it_is_alive_and_that_it_ends(processes):
    started = {process: processes.manage(*command) for process, command in COMMANDS.items()}
    for process in started:
        eventually(lambda process=process: alive(process))

    for process in started.values():
        process.terminate()

    assert not ProcessHeartbeat.objects.alive().exists()
    assert ProcessHeartbeat.objects.exclude(ended_at=None).count() == len(COMMANDS)


def test_a_heartbeat_goes_on(quick):
    quick(Process.SEAL)
    [first] = eventually(lambda: alive(Process.SEAL))

    eventually(lambda: ProcessHeartbeat.objects.get(pk=first.pk).beat_at > first.beat_at)
    again = ProcessHeartbeat.objects.get(pk=first.pk)
    assert again.started_at == first.started_at


def test_one_that_is_killed_is_missing_after_a_while(quick, client, operator):
    settle = quick(Process.SETTLE)
    eventually(lambda: alive(Process.SETTLE))
    settle.kill()
    client.force_login(operator)
    assert finding(client, Process.SETTLE) == "runs"

    grow_old(60, process=Process.SETTLE)

    assert finding(client, Process.SETTLE) == "missing"


def finding(client, subject):
    return attributes(client.get("/status/"), f'[data-subject="{subject}"]', "data-finding")[0]


def test_a_process_whose_row_was_removed_counts_on_and_nothing_twice(quick, sandbox, operator):
    ids = fill(sandbox, 5)
    operation = start(Kind.PAUSE, operator)
    quick(Process.STOPPER)
    assert_all_done(operation, sandbox, ids)
    done = ("outbound_items", ("done",))
    eventually(lambda: counted(Process.STOPPER).get(done) == 5)

    # As after a day without the database: the row is taken for one of a process that ended.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE common_processheartbeat SET instance = 'total' WHERE process = %s", [Process.STOPPER.value]
        )
    eventually(lambda: alive(Process.STOPPER))
    assert counted(Process.STOPPER)[done] == 5
    more = fill(sandbox, 3, campaign_id=8)
    assert_all_done(start(Kind.PAUSE, operator, campaign_id=8), sandbox, more)

    eventually(lambda: counted(Process.STOPPER)[done] == 8)


def test_counts_do_not_go_back_when_a_process_ends_and_its_row_is_removed(quick, sandbox, operator):
    ids = fill(sandbox, 5)
    operation = start(Kind.PAUSE, operator)
    stopper = quick(Process.STOPPER)
    assert_all_done(operation, sandbox, ids)
    stopper.terminate()
    before = counted(Process.STOPPER)
    assert before["outbound_items", ("done",)] == 5
    assert before["outbound_tasks", ("stop", "ok")] >= 1
    assert before["outbound_api_calls", ("operations", "ok")] > 5

    grow_old(2 * DAY)
    heartbeats_forget()

    assert not ProcessHeartbeat.objects.of_processes().exists()
    assert counted(Process.STOPPER) == before


def test_a_database_that_is_away_ends_no_process_and_its_log_says_so_once(processes):
    away = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing"}
    code = QUICK.format(arguments="'seal_trail', '--every', '0.05'")
    sealer = processes.shell(code, **away)

    eventually(lambda: sealer.log.read_text().count("database_failed") > 2)
    assert sealer.is_alive
    assert sealer.log.read_text().count("heartbeat_failed") == 1
    assert sealer.terminate() == 0


def test_two_web_servers_count_for_themselves_and_are_summed(processes, client, settings):
    settings.METRICS_TOKEN = TOKEN
    settings_of_tests = {"DJANGO_SETTINGS_MODULE": "tests.dashboard.server_settings", "ALLOWED_HOSTS": "127.0.0.1"}
    ports = [processes.web(**settings_of_tests) for _ in range(2)]
    eventually(lambda: len(alive(Process.WEB)) == 2)
    for port, number in zip(ports, (3, 4), strict=True):
        for _ in range(number):
            assert requests.get(f"http://127.0.0.1:{port}/healthz", timeout=60).ok
    assert metric(client, "outbound_processes", process="web") == 2

    for server in processes.started:
        server.terminate()

    assert not alive(Process.WEB)
    assert metric(client, "outbound_responses_total", process="web", status="2xx") == 7
    assert metric(client, "outbound_processes", process="web") == 0


def metric(client, name, **labels):
    """Return a value that `/metrics` tells."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    [value] = [
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    ]
    return value
