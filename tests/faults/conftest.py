"""An account in each contract, its batch, and an operator who is logged in."""

import logging
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.utils import timezone

from batches import api_client
from sandbox.contracts import CONTRACTS
from sandbox.server import Sandbox
from syllable import transport

ID = "20261123.9"
KEY = "the-key-that-nobody-may-see"


@pytest.fixture(scope="session")
def servers():
    with ExitStack() as running:
        yield {
            name: running.enter_context(Sandbox(api_key=KEY, contract=contract)) for name, contract in CONTRACTS.items()
        }


@pytest.fixture
def account(servers, contract, settings, monkeypatch, caplog, certificate):
    """Provide the sandbox of the contract with one batch in it."""
    server = servers[contract]
    server.reset()
    for room in ("batches", "syllable"):
        caplog.set_level(logging.DEBUG, logger=room)
    # One to trust: reading all that the machine trusts takes longer than a cell, for each connection.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    # Soon passed by 50 MB.
    monkeypatch.setattr(transport, "LARGEST_BODY", 4 * 1024 * 1024)
    settings.SYLLABLE_API_URL = server.url
    settings.SYLLABLE_API_KEY = KEY
    settings.SYLLABLE_API_CONTRACT = contract
    settings.SYLLABLE_TIMEOUT = 20.0
    caches["local"].clear()
    api_client.client_for.cache_clear()
    server.store.add_batch(ID, status="ACTIVE", requests=3, expires_on=(timezone.now() + timedelta(days=9)).isoformat())
    yield server
    server.reset()
    api_client.client_for.cache_clear()


@pytest.fixture
def visitor(client, operator):
    """Provide a logged-in client that shows a 500, as a server does, instead of raising its cause."""
    client.force_login(operator)
    client.raise_request_exception = False
    return client


@pytest.fixture
def nobody_sees_the_key(caplog, capsys):
    """Assert, of an answer and of everything logged until now, that the key is nowhere, and nothing is a traceback."""

    def check(response):
        captured = capsys.readouterr()
        logged = "\n".join(
            [caplog.text, captured.out, captured.err, *(str(record.__dict__) for record in caplog.records)]
        )
        page = response.content.decode() if not response.streaming else ""
        for text in (page, logged, str(response.headers)):
            assert KEY not in text
            assert "Traceback" not in text
        assert response.status_code != 500

    return check
