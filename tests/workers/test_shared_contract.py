"""Which contract the API speaks, as processes tell each other."""

import subprocess
import sys

import pytest

from batches.models import Kind, State
from sandbox.contracts import CONTRACTS
from tests.batches.services.factories import start, totals
from tests.workers.campaigns import fill, finished
from tests.workers.processes import MANAGE, PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def contract():
    return "current"


@pytest.fixture
def environment(environment, settings):
    settings.SYLLABLE_API_CONTRACT = "auto"
    return environment | {"SYLLABLE_API_CONTRACT": "auto"}


def check_api(environment):
    command = [sys.executable, str(MANAGE), "check_api"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS
    )
    return done.stdout


def test_a_fresh_process_starts_with_what_another_one_saw(sandbox, environment):
    fill(sandbox, 3)
    assert "Remembered nothing yet\n" in check_api(environment)
    assert "Remembered current\n" in check_api(environment)

    sandbox.contract = CONTRACTS["2025-04"]
    assert "answers speak 2025-04\nRemembered current\n" in check_api(environment)
    assert "Remembered 2025-04\n" in check_api(environment)


def test_a_worker_goes_on_while_the_platform_migrates_under_it(sandbox, environment, processes, operator):
    ids = fill(sandbox, 40)
    sandbox.after(lambda request: setattr(sandbox, "contract", CONTRACTS["2025-04"]), method="PUT")
    operation = start(Kind.PAUSE, operator)
    processes.sweep()
    processes.quick_worker("stop")

    assert finished(operation).state == State.FINISHED
    assert totals(operation) == {"done": len(ids)}
    assert {sandbox.store.batch(batch_id)["status"] for batch_id in ids} == {"PAUSED"}
    bodies = [put.body for put in sandbox.requests.of("PUT")]
    assert any("paused" in body for body in bodies)
    assert any("status" in body for body in bodies)
