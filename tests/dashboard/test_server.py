"""The web server as a process of its own: what watches it while the database is away, and what it writes to its log."""

import json
import os
import socket
from pathlib import Path

import pytest
import requests

from sandbox import faults
from tests.accounts.conftest import PASSWORD
from tests.html import attributes, outcomes, value_of
from tests.workers.processes import Processes, database_url, eventually

ROOT = Path(__file__).resolve().parents[2]
SECRET_KEY = "the-secret-key-that-no-log-may-hold"
BATCH = "20261123.9"
# Waits are long: a machine may stall.
SECONDS = 60
AWAY = "postgres://nobody@127.0.0.1:1/nothing"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A web server at `url`, with its log."""

    def __init__(self, process, port):
        self.process, self.url = process, f"http://127.0.0.1:{port}"

    @property
    def log(self):
        return self.process.log.read_text()

    @property
    def lines(self):
        """The lines of the log that are JSON: all of the dashboard's own, without DEBUG."""
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]

    def is_up(self):
        try:
            return requests.get(f"{self.url}/healthz", timeout=SECONDS).ok
        except requests.ConnectionError:
            assert self.process.is_alive, self.log
            return False


@pytest.fixture
def serve(tmp_path):
    """Start a web server as the Procfile does, with these variables, and return it once it answers."""
    shared = {
        "DJANGO_SETTINGS_MODULE": "tests.dashboard.server_settings",
        "PYTHONUNBUFFERED": "1",
        "SECRET_KEY": SECRET_KEY,
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    processes = Processes(os.environ | shared, tmp_path)

    def serve(**environment):
        port = free_port()
        server = Server(processes.gunicorn("--chdir", ROOT, PORT=str(port), **environment), port)
        eventually(server.is_up)
        return server

    yield serve
    processes.end()


def test_what_watches_it_is_answered_while_the_database_is_away(away):
    for cookies in ({}, {"sessionid": "x" * 32}, {"sessionid": "x" * 32, "csrftoken": "y" * 32}):
        alive = requests.get(f"{away.url}/healthz", cookies=cookies, timeout=SECONDS)
        ready = requests.get(f"{away.url}/readyz", cookies=cookies, timeout=SECONDS)

        assert (alive.status_code, alive.text) == (200, "alive\n"), cookies
        assert (ready.status_code, ready.text) == (503, "not ready: the database does not answer\n"), cookies


@pytest.fixture
def away(serve):
    """Provide a web server whose database is down."""
    return serve(DATABASE_URL=AWAY)


def alarms(server):
    """Return the lines of the log that docs/deploy.md calls an alarm."""
    return [line for line in server.lines if line["level"] in ("error", "critical")]


def codes(server, level):
    return [line["code"] for line in server.lines if line["level"] == level and line["event"] == "request_finished"]


def test_a_database_that_is_away_is_told_by_the_answer_and_is_no_error(away):
    requests.get(f"{away.url}/readyz", timeout=SECONDS)

    assert codes(away, "warning") == [503]
    assert not alarms(away)


def test_what_nobody_foresaw_is_an_error(away):
    response = requests.get(f"{away.url}/batches/", cookies={"sessionid": "x" * 32}, timeout=SECONDS)

    assert response.status_code == 500
    assert alarms(away)


class Browser(requests.Session):
    """Somebody's browser, which remembers every secret that the server ever gave it."""

    def __init__(self, server):
        super().__init__()
        self.server, self.secrets = server, {PASSWORD, SECRET_KEY, "key-for-tests"}

    def request(self, method, path, **options):
        response = super().request(method, self.server.url + path, timeout=SECONDS, **options)
        self.secrets |= {cookie.value for cookie in self.cookies}
        self.secrets |= set(attributes(response.text, '[name="csrfmiddlewaretoken"]', "value"))
        self.page = response.text
        return response

    def submit(self, path, **typed):
        return self.post(path, data=typed | {"csrfmiddlewaretoken": value_of(self.page, "csrfmiddlewaretoken")})

    def log_in(self, person):
        self.get("/accounts/login/")
        assert self.submit("/accounts/login/", login=person.email, password=PASSWORD).ok
        assert "sessionid" in self.cookies


@pytest.fixture
def shared(transactional_db, sandbox):
    """Return the variables of a server on the test's own database and sandbox."""
    sandbox.store.add_batch(BATCH, status="ACTIVE", requests=1)
    return {"DATABASE_URL": database_url(), "SYLLABLE_API_URL": sandbox.url, "SYLLABLE_API_KEY": sandbox.api_key}


@pytest.mark.parametrize("debug", ["false", "true"])
def test_no_log_holds_a_secret_at_any_level(serve, shared, operator, debug):
    browser = Browser(serve(LOG_LEVEL="DEBUG", DEBUG=debug, **shared))
    browser.log_in(operator)
    for path in ("/batches/?page=abc&status=ACTIVE", f"/batches/{BATCH}/requests/", "/campaigns/", "/nowhere/"):
        browser.get(path)
    browser.get(f"/batches/{BATCH}/")
    assert browser.submit(f"/batches/{BATCH}/edit/", status="PAUSED").status_code == 422
    browser.get(f"/batches/{BATCH}/")
    assert outcomes(browser.submit(f"/batches/{BATCH}/pause/").text) == ["applied"]
    assert browser.post(f"/batches/{BATCH}/resume/").status_code == 403
    browser.get("/accounts/password/change/")
    new = {"oldpassword": PASSWORD, "password1": "brand new words 1", "password2": "brand new words 1"}
    assert browser.submit("/accounts/password/change/", **new).ok
    browser.secrets.add("brand new words 1")

    log = browser.server.log
    assert "request_started" in log
    assert len(browser.secrets) > 10
    assert not [secret for secret in browser.secrets if secret in log]


def test_what_others_get_wrong_is_no_error(serve, shared, sandbox, operator):
    server = serve(**shared)
    stranger = requests.get(server.url, headers={"Host": "evil.example"}, timeout=SECONDS)
    assert stranger.status_code == 400
    browser = Browser(server)
    browser.log_in(operator)
    browser.get(f"/batches/{BATCH}/")
    fingerprint = value_of(browser.page, "fingerprint")
    # The write is not answered, and what became of it cannot be read.
    sandbox.faults.add(faults.answer(500), method="PUT", times=None)
    sandbox.before(lambda _: sandbox.faults.add(faults.answer(500), method="GET", times=None), method="GET")
    sent = browser.submit(f"/batches/{BATCH}/edit/", fingerprint=fingerprint, status="PAUSED", confirm="1")
    assert sent.status_code == 502
    assert browser.get("/batches/?q=anything").status_code == 503

    assert codes(server, "warning") == [502, 503]
    assert not alarms(server)
    assert [line for line in server.lines if "evil.example" in line["event"]]
