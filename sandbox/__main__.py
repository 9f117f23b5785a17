"""`python -m sandbox`: the sandbox as a server of its own, with believable data, in which time passes."""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from sandbox.contracts import CONTRACTS
from sandbox.server import Sandbox

MOST_SPEED = 1000


def main() -> None:
    """Serve until SIGTERM or SIGINT. Fills an empty database; a database with data stays as it is."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="The stand-in Syllable API.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8001, help="port to listen on, 0 for a free one (%(default)s)")
    parser.add_argument("--database", default="var/sandbox.sqlite3", help="its SQLite file (%(default)s)")
    parser.add_argument(
        "--api-key", default=os.environ.get("SYLLABLE_API_KEY"), help="the key it accepts (SYLLABLE_API_KEY)"
    )
    parser.add_argument("--contract", choices=CONTRACTS, default="2025-04", help="what it speaks (%(default)s)")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times as fast time passes (%(default)g)")
    options = parser.parse_args()
    if not 0 <= options.speed <= MOST_SPEED:
        parser.error(f"--speed is between 0 and {MOST_SPEED}")
    if not options.api_key:
        parser.error("a key is needed: --api-key or SYLLABLE_API_KEY")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Path(options.database).parent.mkdir(parents=True, exist_ok=True)
    try:
        sandbox = Sandbox(
            options.database,
            api_key=options.api_key,
            host=options.host,
            port=options.port,
            seed=True,
            ticking=True,
            speed=options.speed,
            contract=CONTRACTS[options.contract],
            remembers=0,
        )
    except OSError as error:
        sys.exit(f"Cannot listen on {options.host}:{options.port}: {error.strerror}")
    with sandbox:
        sys.stdout.write(f"Syllable sandbox: {sandbox.url}\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
