"""Operations: pausing 200 batches at 100 ms per call, beside the SDK's own loops over the same API."""

import math
import subprocess
import time
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlsplit

from benchmarks.figures import Figure
from benchmarks.stack import API_KEY, ROOT
from benchmarks.worker import Times, carried_out, workplace

BATCHES = 200
HANGING = 40
LATENCY = 0.1
# How far above the floor an operation may be.
TARGETS = {8: 1.15, 16: 1.3}
# How much longer an operation may take when some batches hang than the same operation without these.
BESIDE_HANGING = 1.5
SDK = ROOT / ".venv-sdk-0.4.7" / "bin" / "python"


def measure() -> list[Figure]:
    """Measure all in one run, one after the other, each over a campaign of its own in the same sandbox."""
    figures: list[Figure] = []
    campaigns = iter(range(1, 6))
    with workplace(campaigns=5, batches=BATCHES, latency=LATENCY) as place:
        latency = one_call(place.api)
        figures.append(Figure("one call, median", latency * 1000, "ms"))
        for concurrency, most in TARGETS.items():
            floor = math.ceil(BATCHES / concurrency) * 2 * latency
            times = carried_out(place, campaign=next(campaigns), concurrency=concurrency, batches=BATCHES)
            sdk = _sdk(place.api, next(campaigns), concurrency)
            figures += [
                *_of_operation(f"operation, {concurrency} at a time", times),
                Figure(f"operation, {concurrency} at a time, times the floor", times.working / floor, "x", most),
                Figure(f"the SDK's async client, {concurrency} at a time", sdk, "s"),
                Figure(f"the SDK's async client, {concurrency} at a time, times the floor", sdk / floor, "x"),
            ]
        figures.append(Figure("the SDK's own loop, one by one", _sdk(place.api, next(campaigns), 1), "s"))
    return figures + _beside_hanging()


def _beside_hanging() -> list[Figure]:
    """Measure each operation with hanging batches right after one that differs only in having none."""
    figures: list[Figure] = []
    with workplace(campaigns=4, batches=BATCHES, latency=LATENCY, hanging=HANGING) as place:
        campaigns = iter(range(1, 5))
        for placed in ("first", "among them"):
            without, beside = (
                carried_out(place, campaign=next(campaigns), concurrency=8, batches=BATCHES).working for _ in range(2)
            )
            name = f"operation beside {HANGING} that hang, listed {placed}"
            figures += [
                Figure(f"{name}: the others", beside, "s"),
                Figure(f"{name}: the others, times one without them", beside / without, "x", BESIDE_HANGING),
            ]
    return figures


def _of_operation(name: str, times: Times) -> list[Figure]:
    return [
        Figure(f"{name}, first read to last batch finished", times.working, "s"),
        Figure(f"{name}, before it: in the queue", times.queueing, "s"),
        Figure(f"{name}, before it: listing the first page", times.listing, "s"),
    ]


def one_call(api: str) -> float:
    """Return the time of one read of a batch, over one connection."""
    address = urlsplit(api)
    connection = HTTPConnection(address.hostname or "", address.port)
    seconds = []
    for number in range(20):
        began = time.perf_counter()
        connection.request("GET", f"/api/v1/outbound/batches/1.{number}", headers={"Syllable-API-Key": API_KEY})
        connection.getresponse().read()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def _sdk(api: str, campaign: int, concurrency: int) -> float:
    """Return the seconds from the SDK's first read to its last answer, in its own environment."""
    command = [SDK, ROOT / "benchmarks" / "sdk_loop.py", api, API_KEY, str(campaign), str(BATCHES), str(concurrency)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return float(done.stdout)
