"""`python -m benchmarks.sandbox`: the sandbox in a process of its own, in which no time passes. On SIGUSR1 it hangs.

Prints its address. It answers from memory and remembers nothing, so that it costs the machine little.
"""

import signal
import sys
import threading

from batches.sandbox import faults
from batches.sandbox.server import Sandbox
from benchmarks.stack import API_KEY


def main() -> None:
    """Serve until SIGTERM."""
    stop, hang = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGUSR1, lambda *_: hang.set())
    with Sandbox(api_key=API_KEY, seed=True, remembers=0) as sandbox:
        sys.stdout.write(f"{sandbox.url}\n")
        sys.stdout.flush()
        while not stop.wait(0.05):
            if hang.is_set():
                hang.clear()
                sandbox.faults.add(faults.hang(), times=None)


if __name__ == "__main__":
    main()
