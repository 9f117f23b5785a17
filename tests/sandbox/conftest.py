import pytest
import requests

from batches.sandbox.contracts import CONTRACTS
from batches.sandbox.server import Sandbox

KEY = "key-of-the-tests"


class Api(requests.Session):
    """A session that has the key and completes addresses."""

    def __init__(self, url):
        super().__init__()
        self.url = url
        self.headers["Syllable-API-Key"] = KEY

    def request(self, method, path, **options):
        options.setdefault("timeout", 5)
        options.setdefault("allow_redirects", False)
        return super().request(method, f"{self.url}/api/v1/outbound{path}", **options)


@pytest.fixture
def contract():
    """The name of the contract; a module that tests both overrides it."""
    return "2025-04"


@pytest.fixture
def sandbox(contract):
    with Sandbox(api_key=KEY, contract=CONTRACTS[contract]) as sandbox:
        yield sandbox


@pytest.fixture
def api(sandbox):
    with Api(sandbox.url) as api:
        yield api
