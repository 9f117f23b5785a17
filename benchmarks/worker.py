"""A worker as in the Procfile, and how long it takes for an operation."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.stack import ROOT, environment, process, procfile, run

MOST_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Workplace:
    """A sandbox with campaigns of active batches, a database, and the environment for a worker."""

    api: str
    variables: dict[str, str]
    folder: Path


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of one operation, each after the one before; `memory` is the worker's largest growth in MB."""

    queueing: float
    listing: float
    working: float
    memory: float


@contextmanager
def workplace(*, campaigns: int, batches: int, latency: float, hanging: int = 0) -> Iterator[Workplace]:
    """Provide everything but the worker. The database is SQLite unless DATABASE_URL says otherwise.

    `hanging` is how many batches whose writes hang each second campaign has in addition.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="benchmark-")))
        options = {"latency": latency, "campaigns": campaigns, "batches": batches, "hanging": hanging}
        command = [f"--{name}={value}" for name, value in options.items()]
        sandbox = stack.enter_context(process([sys.executable, "-m", "benchmarks.sandbox", *command], os.environ))
        assert sandbox.stdout
        variables = environment(folder, api=sandbox.stdout.readline().strip())
        run([sys.executable, "manage.py", "migrate", "--verbosity=0"], variables)
        yield Workplace(variables["SYLLABLE_API_URL"], variables, folder)


def carried_out(place: Workplace, *, campaign: int, concurrency: int, batches: int) -> Times:
    """Have a worker pause the batches of a campaign, and check that all of them were paused."""
    variables = place.variables | {"OPERATION_CONCURRENCY": str(concurrency)}
    with (place.folder / "worker.log").open("w") as log, process(procfile("stopper"), variables, log) as worker:
        arguments = map(str, (campaign, worker.pid, MOST_SECONDS, batches))
        asking = [sys.executable, "-m", "benchmarks.asking", *arguments]
        done = subprocess.run(asking, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"The operation could not be measured:\n{done.stderr}")
    found = json.loads(done.stdout)
    if found.pop("done") != batches:
        sys.exit(f"Not all {batches} batches were paused.")
    return Times(**found)
