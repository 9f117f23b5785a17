"""Real processes for a test, and an account of its own that remembers every request."""

import os
import shutil
from pathlib import Path

import pytest
from django.core.cache import caches

from sandbox.contracts import CONTRACTS
from sandbox.server import Sandbox
from tests.workers.processes import Processes, database_url
from tests.workers.redis_server import RedisServer

# Short, so that a killed worker soon counts as dead; what was sent is over after three and a half of these.
TIMEOUT = 1.0
LEASE = 1.0


@pytest.fixture
def sandbox(contract, settings):
    """Provide an account whose every call takes a little, and that forgets none."""
    with Sandbox(api_key="key-for-tests", contract=CONTRACTS[contract], remembers=100_000) as account:
        settings.SYLLABLE_API_CONTRACT = contract
        settings.SYLLABLE_API_URL = account.url
        settings.SYLLABLE_TIMEOUT = TIMEOUT
        settings.OPERATION_LEASE = LEASE
        caches["local"].clear()
        account.latency = 0.05
        yield account
    caches["local"].clear()


@pytest.fixture
def environment(sandbox, contract, transactional_db):
    """Return the environment that the processes share."""
    return os.environ | {
        # Not those of the test run, which would not look at the environment.
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "PYTHONUNBUFFERED": "1",
        "DATABASE_URL": database_url(),
        "REDIS_URL": "",
        "SYLLABLE_API_URL": sandbox.url,
        "SYLLABLE_API_CONTRACT": contract,
        "SYLLABLE_TIMEOUT": str(TIMEOUT),
        "OPERATION_LEASE": str(LEASE),
    }


@pytest.fixture
def processes(environment, tmp_path):
    """Provide processes of the dashboard, none of which outlives the test."""
    started = Processes(environment, tmp_path)
    try:
        yield started
    finally:
        started.end()


@pytest.fixture
def exports_folder(settings):
    """Return the folder of exports, which is not there yet. All tests have the same: a process keeps it once loaded."""
    folder = Path(settings.TRAIL_EXPORTS_DIR)
    shutil.rmtree(folder, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    """Provide a server for all tests that use Redis: a process keeps its address once loaded."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def redis(redis_server, processes):
    """Provide an empty Redis that all processes of the test use from now on."""
    redis_server.empty()
    processes.environment["REDIS_URL"] = redis_server.url
    return redis_server
