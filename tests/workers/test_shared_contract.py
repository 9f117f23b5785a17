"""Which contract the API speaks, as processes tell each other."""

import pytest

from batches.models import Kind, State
from sandbox.contracts import CONTRACTS
from tests.batches.services.factories import start, totals
from tests.workers.campaigns import fill, finished

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def contract():
    return "current"


@pytest.fixture
def environment(environment, settings):
    settings.SYLLABLE_API_CONTRACT = "auto"
    return environment | {"SYLLABLE_API_CONTRACT": "auto"}


def test_a_fresh_process_starts_with_what_another_one_saw(sandbox, processes):
    def check_api():
        checking = processes.manage_as_typed("check_api")
        assert checking.wait() == 0
        return checking.log.read_text()

    fill(sandbox, 3)
    assert "Remembered nothing yet\n" in check_api()
    assert "Remembered current\n" in check_api()

    sandbox.contract = CONTRACTS["2025-04"]
    assert "answers speak 2025-04\nRemembered current\n" in check_api()
    assert "Remembered 2025-04\n" in check_api()


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
