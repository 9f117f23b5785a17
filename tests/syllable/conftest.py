import ssl
import time
from collections.abc import Callable
from contextlib import contextmanager

import hypothesis
import pytest

from syllable.client import SyllableClient
from syllable.contracts import CONTRACTS
from syllable.evidence import Fixed
from syllable.transport import Transport
from tests.conftest import KEY

# Seconds for which a busy machine may do nothing at all.
STALL = 10.0
# A busy machine is no failure, and a test run leaves nothing behind.
hypothesis.settings.register_profile("syllable", deadline=None, database=None, max_examples=25)
hypothesis.settings.load_profile("syllable")


def transport_to(url: str, *, timeout: float = 20.0, key: str = KEY, pool_size: int = 8) -> Transport:
    return Transport(url, key, timeout=timeout, pool_size=pool_size)


def send(transport: Transport, **kwargs) -> object:
    """Send some write."""
    return transport.send("PUT", "/batch", json={"a": 1}, request_id="request-1", **kwargs)


@contextmanager
def takes_about(seconds: float):
    started = time.monotonic()
    yield
    assert seconds * 0.9 <= time.monotonic() - started < seconds + STALL


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """Ignore any proxy in the environment: the servers of these tests are on this machine."""
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")


@pytest.fixture
def sandbox(empty_sandbox):
    return empty_sandbox


@pytest.fixture
def client_of() -> Callable[..., SyllableClient]:
    def client_of(url: str, *, timeout: float = 20.0, key: str = KEY, pool_size: int = 8) -> SyllableClient:
        return SyllableClient(url, key, contracts=Fixed(CONTRACTS["2025-04"]), timeout=timeout, pool_size=pool_size)

    return client_of


@pytest.fixture
def client(sandbox, client_of) -> SyllableClient:
    return client_of(sandbox.url)


@pytest.fixture
def tls(certificate, monkeypatch) -> ssl.SSLContext:
    """Return a server's side of TLS, with a certificate that the client trusts."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture(params=["http", "https"])
def scheme_tls(request) -> ssl.SSLContext | None:
    """Run once without TLS and once with it."""
    return request.getfixturevalue("tls") if request.param == "https" else None
