"""Fixtures that every room of the tests may use: the sandbox as the API, and people in their roles."""

import gc
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import caches
from django.template.backends import jinja2
from django.test.signals import template_rendered

from accounts.models import User
from batches.api_client import client_for
from batches.campaign_cache import campaign_names_forget
from batches.selectors import batch, batches, campaign, campaign_zone, parallel_reads, preview, sighting_preview
from batches.services.changes import write
from batches.services.operations import abandoned_changes, item_write, runner
from common.backoff import Backoff
from sandbox.contracts import CONTRACTS
from sandbox.server import Sandbox
from syllable import transport
from syllable.evidence import AUTO
from syllable.resilience import latency
from syllable.transport import Transport
from tests import impatience, order
from tests.database import _flush, django_db_modify_db_settings, django_db_setup, migrated_file
from tests.impatience import Impatience
from tests.shortcuts import _forking_processes, _templates_compiled_once

KEY = "key-for-tests"
# Of what grows from try to try.
FIRST_PAUSE = 0.02
# Some tests put another in its place.
ROOM_FOR_PARALLEL_READS = parallel_reads._room
# As in use.
SHORT_TRY, LEAST_SECONDS = item_write.SHORT_TRY, latency.LEAST_SECONDS
# Too long for a hostname: no resolver is asked, which might take seconds to say no.
NO_HOST = ".".join(["no-such-host"] * 25)


# Whoever wants no bytecode would have every process of the tests compile everything anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


__all__ = [
    "_flush",
    "_forking_processes",
    "_templates_compiled_once",
    "django_db_modify_db_settings",
    "django_db_setup",
    "migrated_file",
]


def pytest_collection_modifyitems(config, items):
    """Begin with what waits, in half of the processes of the tests: meanwhile the others use the cores."""
    items[:] = order.dealt(items, getattr(config, "workerinput", {}).get("workercount", 1))


# Nothing of what is collected goes before the end.
gc.disable()


def pytest_collection_finish():
    """Freeze what exists once the tests are collected: the garbage collector then only looks at what comes after.

    Each page leaves thousands of objects, so with Python's 700 the collector would look several times a page.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def _contexts():
    """Put a page's context into `response.context`: Django's Jinja backend does not send it to the test client."""
    render = jinja2.Template.render

    def told(template, context=None, request=None):
        html = render(template, context, request)
        if request is not None:
            template_rendered.send(sender=template, template=template, context=context or {})
        return html

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(jinja2.Template, "render", told)
        yield


@pytest.fixture(autouse=True)
def _nothing_known_of_the_api():
    """Forget after each test that the API did not answer."""
    client_for.cache_clear()


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """Let the data beside a page arrive even if the machine stalls."""
    for reads in (batches, campaign, preview, sighting_preview):
        monkeypatch.setattr(reads, "EXTRAS_SECONDS", 60.0)
    for reads in (batch, campaign_zone):
        monkeypatch.setattr(reads, "ZONE_SECONDS", 60.0)
    monkeypatch.setattr(preview, "STOP_SECONDS", 60.0)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    """Shorten the pauses between retries, and between two looks of a worker around."""
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(write, "RESEND_PAUSE_SECONDS", 0.01)
    monkeypatch.setitem(Backoff.__init__.__kwdefaults__, "first", FIRST_PAUSE)
    monkeypatch.setattr(runner, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(abandoned_changes, "LOOKS_EVERY_SECONDS", 0.05)


@pytest.fixture(autouse=True)
def _nothing_hangs(monkeypatch):
    """Let no call count as hanging, and give each batch of a stop its whole time at once.

    A stalling machine must not look like a hanging API. `short_tries` is for tests about hanging calls.
    """
    monkeypatch.setattr(item_write, "SHORT_TRY", 1.0)
    monkeypatch.setattr(latency, "LEAST_SECONDS", 60.0)


@pytest.fixture
def short_tries(monkeypatch):
    """Treat hanging calls as in use."""
    monkeypatch.setattr(item_write, "SHORT_TRY", SHORT_TRY)
    monkeypatch.setattr(latency, "LEAST_SECONDS", LEAST_SECONDS)


@pytest.fixture
def give_up_soon(monkeypatch):
    """Call this before something that is never answered: from then on each call to the API gets so many seconds.

    They count from when the sandbox keeps the call waiting: a stalling machine must not look like a stalling API.
    """

    def give_up_soon(seconds=0.2, *, reads=True):
        impatience.watch(monkeypatch)

        def hasten(name):
            method = getattr(Transport, name)

            def hastened(transport, *args, deadline=None, **kwargs):
                over = deadline is not None and deadline.expired
                return method(transport, *args, deadline=deadline if over else Impatience(seconds), **kwargs)

            monkeypatch.setattr(Transport, name, hastened)

        hasten("send")
        if reads:
            hasten("get")

    return give_up_soon


@pytest.fixture(scope="session")
def sandbox_servers():
    """Provide a sandbox of each contract for the whole run; `empty_sandbox` empties one for each test."""
    with ExitStack() as running:
        yield {
            name: running.enter_context(Sandbox(api_key=KEY, contract=contract)) for name, contract in CONTRACTS.items()
        }


@pytest.fixture
def contract():
    """Return the contract of the sandbox; a test of several contracts is parametrized with their names."""
    return "2025-04"


@pytest.fixture
def empty_sandbox(sandbox_servers, contract):
    """Provide the sandbox of the contract, empty; its key is KEY."""
    sandbox_server = sandbox_servers[contract]
    sandbox_server.contract = CONTRACTS[contract]
    sandbox_server.reset()
    yield sandbox_server
    sandbox_server.reset()


@pytest.fixture
def sandbox(empty_sandbox, contract, settings):
    """Provide an empty sandbox, with the settings pointing to it."""
    settings.SYLLABLE_API_CONTRACT = contract
    settings.SYLLABLE_API_URL = empty_sandbox.url
    settings.SYLLABLE_API_KEY = empty_sandbox.api_key
    caches["local"].clear()
    campaign_names_forget()
    yield empty_sandbox
    wait_for_parallel_reads()
    caches["local"].clear()


@pytest.fixture
def auto_contract(sandbox, settings, db):
    """Provide the sandbox to a dashboard that goes by the answers, and knows nothing yet."""
    settings.SYLLABLE_API_CONTRACT = AUTO
    # Its table outlives a test that commits.
    caches["default"].clear()
    return sandbox


def wait_for_parallel_reads():
    """Wait until no data beside a page is being read: a late read would keep its count for the next test."""
    for _ in range(parallel_reads.MOST_WAITING):
        assert ROOM_FOR_PARALLEL_READS.acquire(timeout=60)
    for _ in range(parallel_reads.MOST_WAITING):
        ROOM_FOR_PARALLEL_READS.release()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> tuple[Path, Path]:
    """Make a self-signed certificate for localhost, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *names], check=True, capture_output=True)
    return certificate, key


@pytest.fixture
def exports_folder(settings, tmp_path):
    """Return the folder of exports, which is the test's own and not there yet."""
    folder = tmp_path / "exports"
    storage = settings.STORAGES["exports"]
    options = storage["OPTIONS"] | {"location": folder}
    settings.STORAGES = settings.STORAGES | {"exports": storage | {"OPTIONS": options}}
    return folder


def member_of(role, email, **fields):
    """Create a person in a role, "" for none."""
    user = User.objects.create_user(email, **fields)
    if role:
        user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def viewer(db):
    return member_of("Viewers", "viewer@example.com")


@pytest.fixture
def operator(db):
    return member_of("Operators", "operator@example.com")


@pytest.fixture
def limited(db):
    """Create an operator who may not stop everything."""
    user = member_of("Viewers", "limited@example.com")
    user.user_permissions.add(Permission.objects.get(codename="edit_batches"))
    return user


@pytest.fixture
def nobody(db):
    """Create somebody without a role."""
    return member_of("", "nobody@example.com")
