import pytest
import requests

from tests.conftest import KEY


class Api(requests.Session):
    """A session that has the key and completes addresses: a path is below /api/v1/outbound unless it is whole."""

    def __init__(self, url):
        super().__init__()
        self.url = url
        self.headers["Syllable-API-Key"] = KEY

    def request(self, method, path, **options):
        options.setdefault("timeout", 60)
        options.setdefault("allow_redirects", False)
        whole = path if path.startswith("/api/") else f"/api/v1/outbound{path}"
        return super().request(method, f"{self.url}{whole}", **options)


@pytest.fixture
def sandbox(empty_sandbox):
    """Provide a sandbox of `contract`; no Django setting points to it."""
    return empty_sandbox


@pytest.fixture
def api(sandbox):
    with Api(sandbox.url) as api:
        yield api
