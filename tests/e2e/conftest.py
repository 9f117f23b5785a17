"""The whole product in a real browser: Chromium, the web server, and the sandbox over HTTP."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder
from django.test import override_settings
from playwright.sync_api import expect

from dashboard.stylesheets import bundled
from tests.batches.holds import elsewhere, look, watcher
from tests.conftest import member_of
from tests.e2e import chromium

__all__ = ["elsewhere", "look", "watcher"]

# Playwright's own event loop lives in the thread that sets up the data of a test.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
# Far longer than anything takes, for machines that stall.
expect.set_options(timeout=15_000)
PASSWORD = "correct horse battery staple"
TOO_MUCH_TO_ASK = ("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update")


def pytest_collection_modifyitems(items):
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args():
    path = chromium.find()
    if path is None:
        pytest.fail("There is no Chromium for the browser tests: `make test` installs one.", pytrace=False)
    return {"executable_path": path, "args": ["--no-sandbox", *TOO_MUCH_TO_ASK]}


@pytest.fixture(scope="session")
def browser_context_args():
    return {
        "viewport": {"width": 1440, "height": 900},
        "timezone_id": "UTC",
        "locale": "en-US",
        "reduced_motion": "reduce",
    }


@pytest.fixture(scope="session", autouse=True)
def stylesheet(tmp_path_factory):
    """Have pages load the one stylesheet that ships; axe asks for what it would import by the address of the page."""
    folder = tmp_path_factory.mktemp("static")
    paths = {path: (storage, path) for path, storage in FileSystemFinder().list([])}
    (folder / "css").mkdir()
    (folder / "css" / "app.css").write_text(bundled("css/app.css", paths))
    with override_settings(STATICFILES_DIRS=[folder, *settings.STATICFILES_DIRS]):
        yield


@pytest.fixture
def base_url(live_server):
    return live_server.url


@pytest.fixture
def complaints(page):
    """Collect the browser's complaints: script errors and CSP violations. The test must end with none."""
    found = []

    def note(message):
        # A page that answers 4xx or 5xx on purpose is noted by the browser too.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            found.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: found.append(str(error)))
    yield found
    assert found == []


@pytest.fixture
def unseen(page):
    """Have nobody look at any page that is opened from now on, so that no refresh is under way when the test begins."""
    page.add_init_script("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")


def is_refresh(request):
    """Return whether a part of a page was asked for, and not what the browser wants besides, such as the icon."""
    return request.headers.get("hx-request") == "true"


def refreshes_of(page):
    """Return the addresses of the parts that the page asks for from now on, as they come."""
    asked = []
    page.on("request", lambda request: asked.append(request.url) if is_refresh(request) else None)
    return asked


@pytest.fixture
def operator(transactional_db):
    return member_of("Operators", "operator@example.com", password=PASSWORD, name="Olga Operator")


@pytest.fixture
def log_in(page, base_url, complaints):
    """Log somebody in through the login page."""

    def log_in(user):
        page.goto(base_url + "/")
        page.fill("[name=login]", user.email)
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]:has-text('Log in')")
        page.wait_for_url(base_url + "/")

    return log_in


@pytest.fixture
def accessible(page):
    """Assert that axe finds nothing on the page as it is now, in light and in dark."""

    def accessible():
        for scheme in ("light", "dark"):
            page.evaluate("scheme => document.documentElement.setAttribute('data-bs-theme', scheme)", scheme)
            results = Axe().run(page)
            assert results.violations_count == 0, f"{scheme}: {results.generate_report()}"

    return accessible
