"""Mails and the workers: whoever carries out operations sends them, in between."""

import shutil
import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Mail, MailState
from accounts.tasks import reset_request
from batches.models import Kind
from syllable.schemas import BatchEdit, Timestamp
from tests.accounts.mail_server import MailServer
from tests.batches.services.factories import start
from tests.conftest import member_of
from tests.workers.campaigns import fill, taken_over, wait_for_writes
from tests.workers.processes import eventually

REDIS = shutil.which("redis-server")
LATER = BatchEdit(expires_on=Timestamp.read("2099-01-01T00:00:00Z"))
ASK = """
from django.test import Client
response = Client().post("/accounts/password/reset/", {"email": "viewer@example.com"}, headers={"Host": "localhost"})
print("answered", response.status_code)
"""

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mail_server(environment):
    with MailServer() as mail_server:
        environment["EMAIL_URL"] = f"smtp://127.0.0.1:{mail_server.port}"
        yield mail_server


@pytest.fixture
def viewer(transactional_db):
    return member_of("Viewers", "viewer@example.com", password="a long enough password")


def test_a_worker_sends_what_was_queued(mail_server, processes, viewer):
    reset_request(email=viewer.email, base="http://localhost")
    processes.worker("default")
    eventually(lambda: mail_server.taken)
    eventually(lambda: Mail.objects.get().state == MailState.SENT)


def test_a_sweep_brings_back_what_was_lost(mail_server, processes, viewer):
    mail_server.refusals = [451]
    reset_request(email=viewer.email, base="http://localhost")
    worker = processes.worker("default")
    eventually(lambda: "mail_delayed" in worker.log.read_text())
    Mail.objects.update(due_at=timezone.now() - timedelta(seconds=1))

    processes.sweep()

    eventually(lambda: mail_server.taken)


def test_a_mail_waits_for_no_long_operation_to_end(mail_server, processes, sandbox, operator, viewer):
    fill(sandbox, 2000)
    expiry = start(Kind.EXPIRY, operator, edit=LATER)
    processes.worker("default")
    taken_over(expiry)
    wait_for_writes(sandbox, 5)

    reset_request(email=viewer.email, base="http://localhost")

    eventually(lambda: mail_server.taken)
    expiry.refresh_from_db()
    assert expiry.is_open
    wait_for_writes(sandbox, 5)


def test_a_stop_does_not_wait_for_a_mail_server_that_says_nothing(mail_server, processes, sandbox, operator, viewer):
    mail_server.is_silent = True
    ids = fill(sandbox, 5)
    reset_request(email=viewer.email, base="http://localhost")
    processes.worker("default")
    processes.worker("stop")
    eventually(lambda: mail_server.connections)

    start(Kind.PAUSE, operator)

    eventually(lambda: {sandbox.store.batch(batch_id)["status"] for batch_id in ids} == {"PAUSED"})


@pytest.mark.skipif(REDIS is None, reason="redis-server is not installed here")
def test_by_way_of_redis_it_is_the_same_and_nothing_personal_is_in_it(mail_server, processes, viewer, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    processes.environment["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
    options = ("--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "yes", "--dir", tmp_path)
    redis = processes.start(REDIS, *options)
    eventually(lambda: "eady to accept connections" in redis.log.read_text())

    asked = processes.shell(ASK, HTTPS="false", ALLOWED_HOSTS="localhost")
    eventually(lambda: "answered 302" in asked.log.read_text())
    assert mail_server.taken == []
    worker = processes.worker("default")

    eventually(lambda: Mail.objects.get().state == MailState.SENT)
    [(recipients, _text)] = mail_server.taken
    assert recipients == [viewer.email]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "appendonly" in str(path))
    assert b"mail_send" in kept
    for said in (kept, worker.log.read_bytes()):
        assert b"viewer@example.com" not in said
        assert b"reset/key" not in said
