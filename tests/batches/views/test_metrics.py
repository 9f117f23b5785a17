"""The metrics for Prometheus: who reads them, what they sum, and what they cost."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from prometheus_client.parser import text_string_to_metric_families

from accounts.tasks import mail_send
from batches.models import Kind, WatchState
from common.counters import DEFINED
from common.models import Process
from sandbox import faults
from tests.batches.services.factories import start
from tests.heartbeats import heartbeat_add
from tests.trail.factories import entries

pytestmark = pytest.mark.django_db

TOKEN = "a-token-for-the-tests-of-metrics"
DOCS = Path(__file__).parents[3] / "docs"
QUERIES = 9


@pytest.fixture(autouse=True)
def _without_a_watcher(settings):
    settings.WATCH_INTERVAL = 0


@pytest.fixture
def scrape(client, settings):
    """Read the metrics as Prometheus does: values by name, or by name and labels."""
    settings.METRICS_TOKEN = TOKEN

    def scrape():
        response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert response.status_code == 200
        assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(response.content.decode())
            for sample in family.samples
        }

    return scrape


def test_there_is_no_such_address_without_a_token_in_the_settings(client, operator):
    assert client.get("/metrics").status_code == 404
    client.force_login(operator)
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer \xe9\u2603"],
)
def test_nobody_reads_them_without_the_token(client, settings, operator, authorization):
    settings.METRICS_TOKEN = TOKEN
    # A session is no token.
    client.force_login(operator)
    headers = {} if authorization is None else {"Authorization": authorization}

    response = client.get("/metrics", headers=headers)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert b"outbound_" not in response.content


def test_they_are_only_read(client, settings):
    settings.METRICS_TOKEN = TOKEN
    assert client.post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405


def test_they_are_read_without_https_inside_the_network(client, settings):
    settings.METRICS_TOKEN, settings.SECURE_SSL_REDIRECT = TOKEN, True
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_no_session_is_looked_up(client, settings, operator):
    settings.METRICS_TOKEN = TOKEN
    client.force_login(operator)
    with CaptureQueriesContext(connection) as queries:
        client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert not [query for query in queries if "session" in query["sql"]]


def test_counts_are_summed_by_process(scrape):
    heartbeat_add(Process.WEB, calls={"ok": 3, "timed_out": 1})
    heartbeat_add(Process.WEB, calls={"ok": 4})
    heartbeat_add(Process.WEB, ago=3600, calls={"ok": 10})
    heartbeat_add(Process.WORKER, calls={"ok": 100})

    found = scrape()

    assert found["outbound_api_calls_total", "ok", "pages", "web"] == 17
    assert found["outbound_api_calls_total", "pages", "timed_out", "web"] == 1
    assert found["outbound_api_calls_total", "ok", "pages", "worker"] == 100
    assert found["outbound_processes", "web"] == 2


def test_it_says_which_processes_get_no_answer_wait_or_fail(scrape):
    heartbeat_add(Process.WEB, readings={"api_silent_for": 20.0})
    heartbeat_add(Process.WEB)
    heartbeat_add(Process.WORKER, readings={"api_held_for": 1.5})
    heartbeat_add(Process.SETTLE, readings={"failing_for": 70.0})

    found = scrape()

    assert found["outbound_breakers_open", "web"] == 1
    assert found["outbound_api_silent",] == 1
    assert found["outbound_rate_limited", "worker"] == 1
    assert found["outbound_run_failing", "settle"] == 1
    assert found["outbound_processes", "stopper"] == 0
    assert (found["outbound_process_needed", "stopper"], found["outbound_process_needed", "stream"]) == (1, 0)


def test_it_says_what_waits(scrape, sandbox, operator):
    start(Kind.PAUSE, operator)
    mail_send.enqueue(1, 0)
    DBTaskResult.objects.filter(queue_name="default").update(enqueued_at=timezone.now() - timedelta(seconds=300))
    heartbeat_add(Process.WEB)
    entries(3)

    found = scrape()

    assert found["outbound_operations_open", "waiting"] == 1
    assert found["outbound_changes_not_confirmed",] == 0
    assert found["outbound_queue_tasks", "default"] == 1
    assert 250 < found["outbound_queue_age_seconds", "default"] < 3600
    assert found["outbound_seal_waiting",] >= 3
    assert "outbound_watch_age_seconds" not in {name for name, *_ in found}


def test_it_says_how_old_the_watch_is(scrape, settings):
    settings.WATCH_INTERVAL = 30
    heartbeat_add(Process.WEB)
    at = timezone.now() - timedelta(seconds=500)
    WatchState.objects.create(pk=1, looked_at=at, failing_since=at, problem="unavailable")

    found = scrape()

    assert 450 < found["outbound_watch_age_seconds",] < 3600
    assert found["outbound_watch_failing",] == 1


def test_no_call_is_made_and_the_number_of_queries_is_fixed(scrape, sandbox, operator):
    sandbox.faults.add(faults.hang(), times=None)
    start(Kind.PAUSE, operator)
    entries(2)
    for process in Process:
        for _ in range(5):
            heartbeat_add(process, calls={"ok": 1})
    with CaptureQueriesContext(connection) as queries:
        scrape()
    assert len(queries) == QUERIES
    assert not sandbox.requests


def test_alerts_and_documents_name_the_metrics_that_there_are(scrape, settings):
    settings.WATCH_INTERVAL, settings.AUDIT_STREAM_URL = 30, "https://siem.example.com/"
    WatchState.objects.create(pk=1, looked_at=timezone.now())
    found = {name for name, *_ in scrape()} | {f"{name}_total" for name in DEFINED}
    rules = [rule for group in yaml.safe_load((DOCS / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
    asked = {name for rule in rules for name in re.findall(r"outbound_\w+", rule["expr"])}
    described = set(re.findall(r"`(outbound_\w+)`", (DOCS / "monitoring.md").read_text()))

    assert asked
    assert asked <= found
    assert described == found
    assert {rule["alert"] for rule in rules} <= set(re.findall(r"`(\w+)`", (DOCS / "monitoring.md").read_text()))


def test_every_counter_is_named_even_before_anything_was_counted(client, settings):
    settings.METRICS_TOKEN = TOKEN
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    for name in DEFINED:
        assert f"# TYPE {name}_total counter" in text
