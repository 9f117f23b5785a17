import ssl
import subprocess
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest

from batches.sandbox.server import Sandbox
from batches.syllable import transport as transport_module
from batches.syllable.client import SyllableClient
from batches.syllable.contracts import CONTRACTS
from batches.syllable.transport import Transport

# A busy machine is no failure, and a test run leaves nothing behind.
hypothesis.settings.register_profile("syllable", deadline=None, database=None, max_examples=25)
hypothesis.settings.load_profile("syllable")

KEY = "a-key-that-nobody-may-see"


def transport_to(url: str, *, timeout: float = 3.0, key: str = KEY, pool_size: int = 8) -> Transport:
    return Transport(url, key, timeout=timeout, pool_size=pool_size)


def send(transport: Transport, **kwargs) -> object:
    """A write like any other."""
    return transport.send("PUT", "/batch", json={"a": 1}, request_id="request-1", **kwargs)


@contextmanager
def takes_about(seconds: float):
    started = time.monotonic()
    yield
    assert seconds * 0.9 <= time.monotonic() - started < seconds + 1.5


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(transport_module, "FIRST_PAUSE", 0.01)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """The servers of these tests are on this machine, whatever proxy its environment names."""
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")


@pytest.fixture
def sandbox():
    with Sandbox(api_key=KEY) as sandbox:
        yield sandbox


@pytest.fixture
def client_of() -> Callable[..., SyllableClient]:
    def client_of(url: str, *, timeout: float = 3.0, key: str = KEY, pool_size: int = 8) -> SyllableClient:
        return SyllableClient(url, key, contract=CONTRACTS["2025-04"], timeout=timeout, pool_size=pool_size)

    return client_of


@pytest.fixture
def client(sandbox, client_of) -> SyllableClient:
    return client_of(sandbox.url)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def tls(certificate, monkeypatch) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate that the client trusts."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture(params=["http", "https"])
def scheme_tls(request) -> ssl.SSLContext | None:
    """Once without TLS and once with it."""
    return request.getfixturevalue("tls") if request.param == "https" else None
