"""`python -m dashboard.probe`: a container's health check, whether this machine's web server is alive."""

import os
import sys
from http.client import HTTPConnection, HTTPException

SECONDS = 5


def is_alive(port: int, host: str) -> bool:
    """Return whether the server at this port answers requests for `host`. It refuses other hosts."""
    connection = HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def host_of(allowed_hosts: str) -> str:
    """Return a host name that ALLOWED_HOSTS allows: ".example.com" allows example.com, and "*" any."""
    first = allowed_hosts.split(",")[0].strip()
    return "localhost" if first in ("", "*") else first.removeprefix(".")


if __name__ == "__main__":
    if not is_alive(int(os.environ.get("PORT", "8000")), host_of(os.environ.get("ALLOWED_HOSTS", ""))):
        sys.exit("The web server does not answer.")
