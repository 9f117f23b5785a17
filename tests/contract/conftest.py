import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox import seed
from tests.conftest import KEY

ROOT = Path(__file__).parents[2]
OUTBOUND = ("batches.", "campaigns.")
VERSIONS = {"2025-04": "0.4.7", "current": "0.49.87"}


class SdkError(Exception):
    """What the SDK raised: the name of its class, the status and the body it carries."""

    def __init__(self, name, status, body):
        super().__init__(f"{name} {status}: {body}")
        self.name = name
        self.status = status
        self.body = body


class Driver:
    """The real SDK of one version, in its own environment and process."""

    def __init__(self, version):
        folder = "Scripts" if sys.platform == "win32" else "bin"
        python = ROOT / f".venv-sdk-{version}" / folder / "python"
        if not python.exists():
            pytest.fail("run make test, which makes it", pytrace=False)
        self._process = subprocess.Popen(
            [python, Path(__file__).with_name("sdk_driver.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def call(self, url, key, name, arguments):
        """Call `sdk.<name>(**arguments)`. Raises SdkError where the SDK raises."""
        request = {"url": url, "key": key, "call": name, "arguments": arguments}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the SDK's process ended"
        answer = json.loads(line)
        if "error" in answer:
            raise SdkError(**answer["error"])
        return answer["result"]

    def stop(self):
        self._process.stdin.close()
        self._process.wait(5)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def driver_of():
    """Return the driver of a version, started once: `driver_of("0.4.7")`."""
    drivers = {}

    def of(version):
        if version not in drivers:
            drivers[version] = Driver(version)
        return drivers[version]

    yield of
    for driver in drivers.values():
        driver.stop()


@pytest.fixture
def sandbox(empty_sandbox):
    """Provide a sandbox of the contract that the test's module names."""
    return empty_sandbox


@pytest.fixture
def sdk(driver_of, sandbox, contract):
    """Return the release of the SDK that speaks the contract, for calls like `sdk("batches.list", limit=3)`."""

    def call(name, /, *, key=KEY, **arguments):
        whole = f"outbound.{name}" if name.startswith(OUTBOUND) else name
        return driver_of(VERSIONS[contract]).call(sandbox.url, key, whole, arguments)

    return call


@pytest.fixture
def batches(sandbox):
    """Provide five batches of two campaigns, from the first to the fifth of January."""
    sandbox.store.add_campaign(campaign_name="Reminders")
    sandbox.store.add_campaign(campaign_name="Feedback")
    for number, status in enumerate(("ACTIVE", "PAUSED", "IDLE", "CANCELED", "ACTIVE"), start=1):
        sandbox.store.add_batch(
            f"20260101.{number}",
            campaign_id=1 + number % 2,
            status=status,
            requests=number,
            created_at=f"2026-01-0{number}T00:00:00Z",
            expires_on=f"2026-02-0{number}T00:00:00Z",
            last_worked_on=None,
        )


@pytest.fixture
def seeded(sandbox):
    """Provide the sandbox with the data it ships with."""
    seed.fill(sandbox.store, datetime.now(UTC))


def numbers(page):
    """Return the batches of a page of `batches`, by number."""
    return [int(batch["batch_id"].rpartition(".")[2]) for batch in page["items"]]
