"""`python -m benchmarks.sandbox`: the sandbox in a process of its own, where no time passes. SIGUSR1 makes it hang.

With `--campaigns N --batches M` it holds only campaigns 1 to N with M active batches each. With `--hanging H` every
second campaign has H more batches whose writes hang: campaign 2 lists these first, campaign 4 among the others. With
`--paused P` campaign N + 1 has P paused batches. With `--mixed N` the sandbox holds N batches of 50 campaigns instead,
most of which have ended. The command prints the address. The sandbox answers from memory and keeps no log, to cost the
machine little.
"""

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta

from benchmarks.stack import API_KEY
from sandbox import faults
from sandbox.contracts import CONTRACTS
from sandbox.server import Sandbox


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sandbox")
    parser.add_argument("--latency", type=float, default=0.0, help="of every call, in seconds")
    parser.add_argument("--campaigns", type=int, default=0)
    parser.add_argument("--batches", type=int, default=0, help="of each campaign")
    parser.add_argument("--hanging", type=int, default=0, help="more of each second campaign, whose writes hang")
    parser.add_argument("--paused", type=int, default=0, help="of one campaign more")
    parser.add_argument("--mixed", type=int, default=0, help="batches of which most have ended")
    parser.add_argument("--contract", choices=CONTRACTS, default="2025-04")
    options = parser.parse_args()
    stop, hang = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGUSR1, lambda *_: hang.set())
    seed = not (options.campaigns or options.mixed)
    with Sandbox(api_key=API_KEY, seed=seed, remembers=0, contract=CONTRACTS[options.contract]) as sandbox:
        sandbox.latency = options.latency
        for campaign in range(1, options.campaigns + 1):
            for batch in range(options.batches):
                sandbox.store.add_batch(f"{campaign}.{batch}", campaign_id=campaign, status="ACTIVE")
            for batch in range(options.hanging if campaign % 2 == 0 else 0):
                place = f"-{batch}" if campaign % 4 == 2 else batch * options.batches // options.hanging
                sandbox.store.add_batch(f"{campaign}.{place}.hangs", campaign_id=campaign, status="ACTIVE")
        for batch in range(options.paused):
            sandbox.store.add_batch(f"paused.{batch}", campaign_id=options.campaigns + 1, status="PAUSED")
        add_mixed(sandbox, options.mixed)
        sandbox.faults.add(faults.hang(), method="PUT", path=r"\.hangs$", times=None)
        sys.stdout.write(f"{sandbox.url}\n")
        sys.stdout.flush()
        while not stop.wait(0.05):
            if hang.is_set():
                hang.clear()
                sandbox.faults.add(faults.hang(), times=None)


def add_mixed(sandbox: Sandbox, number: int) -> None:
    """Add batches as a year of use leaves them: of a hundred one is active, four wait, and the others have ended."""
    statuses = ["ACTIVE", "PAUSED", "PAUSED", "PENDING", "PENDING"] + ["EXPIRED"] * 60 + ["CANCELED"] * 35
    began = datetime.now(UTC) - timedelta(days=365)
    with sandbox.store.transaction():
        for batch in range(number):
            at = (began + timedelta(days=360 * batch / number)).isoformat()
            sandbox.store.add_batch(
                f"{at[:10].replace('-', '')}.{batch}",
                campaign_id=1 + batch % 50,
                status=statuses[batch % 100],
                requests=10 if batch % 100 == 0 else 0,
                created_at=at,
                last_updated_at=at,
            )


if __name__ == "__main__":
    main()
