import pytest
import requests

from tests.conftest import KEY


class Api(requests.Session):
    """A session that has the key and completes addresses."""

    def __init__(self, url):
        super().__init__()
        self.url = url
        self.headers["Syllable-API-Key"] = KEY

    def request(self, method, path, **options):
        options.setdefault("timeout", 60)
        options.setdefault("allow_redirects", False)
        return super().request(method, f"{self.url}/api/v1/outbound{path}", **options)


@pytest.fixture
def sandbox(empty_sandbox):
    """Provide a sandbox of `contract`; no Django setting points to it."""
    return empty_sandbox


@pytest.fixture
def api(sandbox):
    with Api(sandbox.url) as api:
        yield api
