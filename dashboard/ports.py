"""`python -m dashboard.ports 8000 8001`: say in words when a port that `make run` needs is in use."""

import socket
import sys


def is_free(port: int) -> bool:
    """Return whether a server can listen on 127.0.0.1 at this port."""
    with socket.socket() as probe:
        # As servers do, so that connections of a server that was just stopped do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    taken = [port for port in sys.argv[1:] if not is_free(int(port))]
    if taken:
        sys.exit(f"Port {' and '.join(taken)} is in use. Choose others: make run PORT=8010 SANDBOX_PORT=8011")
