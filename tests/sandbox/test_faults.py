import time

import pytest
import requests

from sandbox import faults
from sandbox.contracts import CONTRACTS
from tests.workers.processes import eventually

PAUSE = {
    "2025-04": {"batch_id": "b", "campaign_id": 1, "last_updated_by": "me@example.com", "status": "PAUSED"},
    "current": {"paused": True},
}


@pytest.fixture(params=CONTRACTS)
def contract(request):
    return request.param


@pytest.fixture(autouse=True)
def batch(sandbox):
    sandbox.store.add_batch("b", status="ACTIVE")


@pytest.fixture
def put(api, contract):
    """Pause the batch."""

    def put(**options):
        return api.put("/batches/b", json=PAUSE[contract], **options)

    return put


def status(sandbox):
    return sandbox.batch("b")["status"]


@pytest.mark.parametrize("retry_after", ["2", "Wed, 21 Oct 2065 07:28:00 GMT", "in a while"])
def test_any_status_with_any_header(put, sandbox, retry_after):
    sandbox.faults.add(faults.answer(503, headers={"Retry-After": retry_after}))
    answer = put()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == retry_after
    assert "detail" in answer.json()
    assert status(sandbox) == "ACTIVE"


def test_an_error_after_applying(put, sandbox):
    sandbox.faults.add(faults.answer(504, applied=True))
    assert put().status_code == 504
    assert status(sandbox) == "PAUSED"


def test_any_payload_such_as_wrong_types(api, sandbox):
    sandbox.faults.add(faults.answer(payload={"batch_id": ["b"], "status": 7}))
    assert api.get("/batches/b").json() == {"batch_id": ["b"], "status": 7}


@pytest.mark.parametrize(("applied", "then"), [(False, "ACTIVE"), (True, "PAUSED")])
def test_silence_before_and_after_applying(put, sandbox, applied, then):
    sandbox.faults.add(faults.hang(applied=applied))
    with pytest.raises(requests.ReadTimeout):
        put(timeout=(60, 0.2))
    # On a machine that stalls the request may be read after the caller has gone.
    eventually(lambda: status(sandbox) == then)


def test_silence_that_ends_without_an_answer(put, sandbox):
    sandbox.faults.add(faults.hang(0.01))
    with pytest.raises(requests.ConnectionError):
        put()


@pytest.mark.parametrize(("applied", "then"), [(False, "ACTIVE"), (True, "PAUSED")])
def test_a_reset_before_and_after_applying(put, sandbox, applied, then):
    sandbox.faults.add(faults.reset(applied=applied))
    with pytest.raises(requests.ConnectionError, match="Connection reset"):
        put()
    assert status(sandbox) == then


def test_an_answer_shorter_than_it_says(put, sandbox):
    sandbox.faults.add(faults.truncated(applied=True))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        put()
    assert status(sandbox) == "PAUSED"


@pytest.mark.parametrize("fault", [faults.broken_json(), faults.empty(), faults.html(200)])
def test_answers_that_are_no_json(put, sandbox, fault):
    sandbox.faults.add(fault)
    with pytest.raises(requests.JSONDecodeError):
        put().json()


def test_a_huge_answer(api, sandbox):
    sandbox.faults.add(faults.huge(100_000))
    assert len(api.get("/batches/b").content) == 100_000


@pytest.mark.parametrize("headers", [False, True])
def test_a_slow_drip(api, sandbox, headers):
    sandbox.faults.add(faults.drip(0.0005, headers=headers))
    began = time.monotonic()
    assert api.get("/batches/b").json() == sandbox.batch("b")
    assert time.monotonic() - began > 0.0005 * len(str(sandbox.batch("b")))


def test_a_late_answer(put, sandbox):
    sandbox.faults.add(faults.slow(0.05))
    began = time.monotonic()
    assert put().status_code == 200
    assert time.monotonic() - began > 0.05


def test_a_redirect_to_another_host(put, sandbox):
    sandbox.faults.add(faults.redirect("http://elsewhere.example.com/", status=307))
    answer = put()
    assert answer.status_code == 307
    assert answer.headers["Location"] == "http://elsewhere.example.com/"


def test_acknowledged_with_the_old_batch_and_ignored(put, sandbox):
    sandbox.faults.add(faults.ignore())
    assert put().json()["status"] == "ACTIVE"
    assert status(sandbox) == "ACTIVE"


def test_acknowledged_with_what_was_sent_and_ignored(put, sandbox):
    sandbox.faults.add(faults.echo())
    shown = put().json()
    assert shown.get("paused") or shown["status"] == "PAUSED"
    assert status(sandbox) == "ACTIVE"


def test_a_fault_strikes_whom_it_is_meant_for_as_often_as_told(api, put, sandbox):
    fault = sandbox.faults.add(faults.answer(500), method="GET", path=r"/batches/b$", times=2, skip=1)
    assert put().status_code == 200
    assert api.get("/batches").status_code == 200
    assert [api.get("/batches/b").status_code for _ in range(4)] == [200, 500, 500, 200]
    assert fault.hits == 2


def test_a_fault_without_an_end_lasts_until_it_is_cleared(api, sandbox):
    sandbox.faults.add(faults.answer(500), times=None)
    assert [api.get("/batches").status_code for _ in range(3)] == [500, 500, 500]
    sandbox.faults.clear()
    assert api.get("/batches").status_code == 200
