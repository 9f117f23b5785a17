import socket
import threading
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.handler import LARGEST_BODY
from sandbox.server import Sandbox
from tests.conftest import KEY


def get_raw(sandbox, path):
    """GET a path exactly as it is written; requests would tidy it up."""
    connection = HTTPConnection(urlsplit(sandbox.url).netloc, timeout=60)
    connection.request("GET", path, headers={"Syllable-API-Key": KEY})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body


@pytest.mark.parametrize("headers", [{}, {"Syllable-API-Key": "wrong"}, {"Syllable-API-Key": ""}])
def test_without_the_key_nothing_is_told(api, sandbox, headers):
    sandbox.store.add_batch("b")
    answer = requests.get(f"{sandbox.url}/api/v1/outbound/batches/b", headers=headers, timeout=60)
    assert answer.status_code == 401
    assert list(answer.json()) == ["detail"]


@pytest.mark.parametrize(
    ("batch_id", "segment"),
    [
        ("20250117.9", "20250117.9"),
        ("a/b", "a%2Fb"),
        ("..", "%2E%2E"),
        (".", "%2E"),
        ("100%", "100%25"),
        ("a b", "a%20b"),
        ("a+b", "a+b"),
        ("a?b#c", "a%3Fb%23c"),
        ("a%2Fb", "a%252Fb"),
        ("<script>", "%3Cscript%3E"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
    ],
)
def test_an_id_is_decoded_exactly_once(sandbox, batch_id, segment):
    for other in ("a", "b", "a/b", "a%2Fb", "100%", batch_id):
        if sandbox.store.batch(other) is None:
            sandbox.store.add_batch(other)
    status, body = get_raw(sandbox, f"/api/v1/outbound/batches/{segment}")
    assert status == 200
    assert body.decode().startswith(f'{{"batch_id":"{batch_id}"')


@pytest.mark.parametrize("path", ["/", "/nope", "/api/v1/outbound/batches/", "/api/v1/outbound/batches/%FF", "/%2E%2E"])
def test_an_unknown_path_is_not_found(sandbox, path):
    status, body = get_raw(sandbox, path)
    assert status == 404
    assert b"detail" in body


def test_a_wrong_method_is_told_which_are_right(api):
    answer = api.patch("/batches/b")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, PUT, DELETE"


@pytest.mark.parametrize("content", [b"{", b"", b"[" * 100_000, b'{"a": NaN}', b"\xff", b"[]", b"null"])
def test_a_body_that_is_no_json_object_is_refused(api, sandbox, content):
    sandbox.store.add_batch("b")
    answer = api.put("/batches/b", data=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"


def test_a_big_body_is_refused_unread(sandbox):
    with socket.create_connection(urlsplit(sandbox.url).netloc.split(":"), timeout=60) as connection:
        connection.sendall(f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST_BODY + 1}\r\n\r\n".encode())
        assert connection.makefile("rb").read().startswith(b"HTTP/1.1 413 ")


def test_a_body_that_does_not_come_whole_does_nothing(sandbox):
    sandbox.store.add_batch("b", status="ACTIVE")
    head = f"DELETE /api/v1/outbound/batches/b HTTP/1.1\r\nHost: x\r\nSyllable-API-Key: {KEY}\r\nContent-Length: 60\r\n"
    with socket.create_connection(urlsplit(sandbox.url).netloc.split(":"), timeout=60) as connection:
        connection.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\ndelete_reason=Se".encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    assert sandbox.batch("b")["status"] == "ACTIVE"


def test_a_connection_is_used_again(sandbox):
    connection = HTTPConnection(urlsplit(sandbox.url).netloc, timeout=60)
    connection.connect()
    connection.auto_open = 0
    for _ in range(3):
        connection.request("GET", "/api/v1/outbound/batches", headers={"Syllable-API-Key": KEY})
        assert connection.getresponse().read()
    connection.close()


def test_what_came_in_can_be_looked_at(api, sandbox):
    sandbox.store.add_batch("a b")
    api.get("/batches/a b", params={"x": ["1", "2"]}, headers={"X-Request-ID": "abc"})
    api.delete("/batches/a b", data={"delete_reason": "Sent twice"})
    api.put("/batches/a b", json={"batch_id": 7})
    get, delete, put = sandbox.requests
    assert (get.method, get.path) == ("GET", "/api/v1/outbound/batches/a%20b")
    assert get.query == {"x": ["1", "2"]}
    assert get.headers["x-request-id"] == "abc"
    assert get.body is None
    assert delete.body == {"delete_reason": "Sent twice"}
    assert put.body == {"batch_id": 7}
    assert sandbox.requests.of("PUT") == [put]
    sandbox.requests.clear()
    assert not sandbox.requests


def test_somebody_else_can_write_between_a_get_and_a_put(api, sandbox):
    sandbox.store.add_batch("b", status="ACTIVE")
    sandbox.after(lambda request: sandbox.store.change_batch("b", status="CANCELED"), method="GET", path="/batches/b$")
    assert api.get("/batches/b").json()["status"] == "ACTIVE"
    assert api.get("/batches/b").json()["status"] == "CANCELED"


def test_a_request_can_be_held_until_a_test_lets_it_go(api, sandbox):
    sandbox.store.add_batch("b")
    arrived, may_go = threading.Event(), threading.Event()
    answers = []

    def hold(request):
        arrived.set()
        may_go.wait(60)

    hook = sandbox.before(hold, method="DELETE")
    caller = threading.Thread(target=lambda: answers.append(api.delete("/batches/b", data={"delete_reason": "x"})))
    caller.start()
    assert arrived.wait(60)
    assert sandbox.batch("b")["status"] == "PENDING"
    may_go.set()
    caller.join(60)
    assert answers[0].status_code == 200
    assert hook.hits == 1


def test_latency_is_added_to_every_call(api, sandbox):
    sandbox.latency = 0.03
    began = time.monotonic()
    api.get("/batches")
    api.get("/batches")
    assert time.monotonic() - began >= 0.06


def test_a_reset_forgets_everything_and_keeps_serving(api, sandbox):
    sandbox.store.add_batch("b")
    sandbox.latency = 5
    sandbox.reset()
    assert api.get("/batches").json()["items"] == []
    assert len(sandbox.requests) == 1


def test_callers_side_by_side_do_not_disturb_each_other(api, sandbox):
    sandbox.store.add_batch("b")

    def add(number):
        one = {"reference_id": str(number), "target": "+15550100", "request_variables": {}}
        assert api.post("/batches/b/requests", json=one).status_code == 200

    callers = [threading.Thread(target=add, args=(number,)) for number in range(12)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)
    assert sandbox.batch("b")["count"] == 12


def test_a_restart_keeps_everything(tmp_path):
    path = str(tmp_path / "sandbox.sqlite3")
    with Sandbox(path) as sandbox:
        sandbox.store.add_batch("b", status="PAUSED", requests=2, expires_on="soon")
        before = sandbox.batch("b")
    with Sandbox(path, seed=True) as sandbox:
        assert sandbox.batch("b") == before
        assert len(sandbox.store.rows("SELECT 1 FROM batches")) == 1


def test_what_was_never_started_can_be_stopped():
    Sandbox(ticking=True).stop()


def test_stopping_waits_for_nobody():
    sandbox = Sandbox(api_key=KEY).start()
    idle = socket.create_connection(urlsplit(sandbox.url).netloc.split(":"), timeout=60)
    may_go = threading.Event()
    sandbox.before(lambda request: may_go.wait(120))
    cut = []

    def call():
        try:
            requests.get(f"{sandbox.url}/api/v1/outbound/batches", timeout=120)
        except requests.ConnectionError:
            cut.append(True)

    caller = threading.Thread(target=call)
    caller.start()
    while not sandbox.requests:
        time.sleep(0.001)
    began = time.monotonic()
    sandbox.stop()
    assert time.monotonic() - began < 60
    assert idle.recv(1) == b""
    idle.close()
    caller.join(60)
    assert cut
    may_go.set()
