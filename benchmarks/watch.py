"""Watch: looks at 20,000 and 100,000 batches of which one in a hundred is active: calls, seconds, memory, size.

The sandbox answers at once, and the calls are not paced: what the budget makes of them is computed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure
from benchmarks.stack import ROOT, environment, process, run

BATCHES = tuple(map(int, os.environ.get("BENCHMARK_BATCHES", "20000,100000").split(",")))
CONTRACTS = ("2025-04", "current")
MOST_MB = 150
# Of a budget of 120 calls a minute: so many at once, and so many a minute after that.
BURST, A_MINUTE = 20, 100
# One every 30 seconds for two days, then one an hour.
SAMPLES_OF_A_BATCH = 2 * 24 * 120 + 88 * 24


def measure() -> list[Figure]:
    """Let a watcher look at each number of batches, in each contract."""
    return [figure for number in BATCHES for contract in CONTRACTS for figure in _measured(number, contract)]


def _measured(number: int, contract: str) -> list[Figure]:
    command = [sys.executable, "-m", "benchmarks.sandbox", "--mixed", str(number), "--contract", contract]
    with TemporaryDirectory(prefix="benchmark-") as folder, process(command, os.environ) as sandbox:
        assert sandbox.stdout
        variables = environment(Path(folder), api=sandbox.stdout.readline().strip())
        variables |= {"SYLLABLE_API_CONTRACT": contract, "WATCH_CALLS_PER_MINUTE": "100000000", "LOG_LEVEL": "ERROR"}
        run([sys.executable, "manage.py", "migrate", "--verbosity=0"], variables)
        looks = [sys.executable, "-m", "benchmarks.watch_looks"]
        done = subprocess.run(looks, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            sys.exit(f"the watcher failed:\n{done.stderr}")
        return list(_figures(f"{number} batches, {contract}", json.loads(done.stdout), active=number // 100))


def _figures(what: str, looked: dict[str, float], *, active: int) -> list[Figure]:
    figures = []
    for look in ("first", "usual", "full"):
        calls = looked[f"{look}_calls"]
        within = max(0.0, calls - BURST) / A_MINUTE
        figures += [
            Figure(f"{what}: {look} look, {calls:.0f} calls, unpaced", looked[f"{look}_seconds"], "s"),
            Figure(f"{what}: {look} look within the budget", within, "min"),
        ]
    size = active * SAMPLES_OF_A_BATCH * looked["bytes"] / 1e6
    return [
        *figures,
        Figure(f"{what}: peak memory of the watcher", looked["peak"], "MB", MOST_MB),
        Figure(f"{what}: samples of {active} batches that are always active, after 90 days", size, "MB"),
    ]
