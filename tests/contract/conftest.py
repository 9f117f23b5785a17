import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from batches.sandbox import seed
from batches.sandbox.server import Sandbox

ROOT = Path(__file__).parents[2]
KEY = "key-of-the-tests"


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
        """Call `sdk.<name>(**arguments)`; raises SdkError where the SDK raises."""
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
    """The driver of a version, started once: `driver_of("0.4.7")`."""
    drivers = {}

    def of(version):
        if version not in drivers:
            drivers[version] = Driver(version)
        return drivers[version]

    yield of
    for driver in drivers.values():
        driver.stop()


@pytest.fixture
def sandbox():
    with Sandbox(api_key=KEY) as sandbox:
        yield sandbox


@pytest.fixture
def seeded(sandbox):
    """The sandbox with the data it ships with."""
    seed.fill(sandbox.store, datetime.now(UTC))
