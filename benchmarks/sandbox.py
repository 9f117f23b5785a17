"""`python -m benchmarks.sandbox`: the sandbox in a process of its own, where no time passes. SIGUSR1 makes it hang.

With `--campaigns N --batches M` it holds only campaigns 1 to N with M active batches each. With `--hanging H` every
second campaign has H more batches whose writes hang: campaign 2 lists these first, campaign 4 among the others. The
command prints the address. The sandbox answers from memory and keeps no log, to cost the machine little.
"""

import argparse
import signal
import sys
import threading

from benchmarks.stack import API_KEY
from sandbox import faults
from sandbox.server import Sandbox


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sandbox")
    parser.add_argument("--latency", type=float, default=0.0, help="of every call, in seconds")
    parser.add_argument("--campaigns", type=int, default=0)
    parser.add_argument("--batches", type=int, default=0, help="of each campaign")
    parser.add_argument("--hanging", type=int, default=0, help="more of each second campaign, whose writes hang")
    options = parser.parse_args()
    stop, hang = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGUSR1, lambda *_: hang.set())
    with Sandbox(api_key=API_KEY, seed=not options.campaigns, remembers=0) as sandbox:
        sandbox.latency = options.latency
        for campaign in range(1, options.campaigns + 1):
            for batch in range(options.batches):
                sandbox.store.add_batch(f"{campaign}.{batch}", campaign_id=campaign, status="ACTIVE")
            for batch in range(options.hanging if campaign % 2 == 0 else 0):
                place = f"-{batch}" if campaign % 4 == 2 else batch * options.batches // options.hanging
                sandbox.store.add_batch(f"{campaign}.{place}.hangs", campaign_id=campaign, status="ACTIVE")
        sandbox.faults.add(faults.hang(), method="PUT", path=r"\.hangs$", times=None)
        sys.stdout.write(f"{sandbox.url}\n")
        sys.stdout.flush()
        while not stop.wait(0.05):
            if hang.is_set():
                hang.clear()
                sandbox.faults.add(faults.hang(), times=None)


if __name__ == "__main__":
    main()
