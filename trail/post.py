"""One POST with a deadline for all of it. The only module of the trail that speaks HTTP."""

import socket
from contextlib import suppress
from threading import Lock, Timer
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Url, make_headers, parse_url

from trail.models import StreamProblem


class NotAccepted(Exception):
    """The receiver did not answer, or not with 2xx. It may have got everything. `status` is None without an answer."""

    def __init__(self, problem: StreamProblem, status: int | None = None) -> None:
        super().__init__(f"{problem} {status or ''}".rstrip())
        self.problem, self.status = problem, status


def post(address: str, body: bytes, *, headers: dict[str, str], seconds: float) -> int:
    """POST the body and return the status, some 2xx. Raises NotAccepted, after `seconds` at the latest.

    A redirect is not followed: it would lead the trail to an address that nobody set.
    """
    cord = _Cord(seconds)
    url = parse_url(address)
    if url.auth:
        headers = headers | make_headers(basic_auth=url.auth)
    try:
        with cord, _pool(url, cord, seconds) as pool:
            answer = pool.urlopen(
                "POST",
                url.request_uri,
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
            )
            status = answer.status
            answer.close()
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        is_late = cord.is_cut or _is_late(error)
        raise NotAccepted(StreamProblem.TIMED_OUT if is_late else StreamProblem.UNREACHABLE) from error
    if cord.is_cut:
        # To the library headers that were cut off look like complete ones.
        raise NotAccepted(StreamProblem.TIMED_OUT)
    if 300 <= status < 400:
        raise NotAccepted(StreamProblem.REDIRECTED, status)
    if not 200 <= status < 300:
        raise NotAccepted(StreamProblem.REFUSED, status)
    return status


def _is_late(error: Exception) -> bool:
    # For urllib3 a connection that was refused is late as well.
    is_refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    return isinstance(error, urllib3.exceptions.TimeoutError) and not is_refused


class _Cord:
    """Cuts the connection after so many seconds: a time-out of a socket starts anew with each byte that drips in."""

    def __init__(self, seconds: float) -> None:
        self.is_cut = False
        self._lock = Lock()
        self._handle: socket.socket | None = None
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_error: Any) -> None:
        self._timer.cancel()
        with self._lock:
            if self._handle:
                self._handle.close()
                self._handle = None

    def attach(self, connected: socket.socket) -> None:
        """Cut this connection when the time comes, or at once if it has come."""
        with self._lock:
            # TLS will take the socket over; a second handle still reaches the connection.
            self._handle = connected.dup()
        if self.is_cut:
            self._cut()

    def _cut(self) -> None:
        self.is_cut = True
        with self._lock:
            if self._handle:
                with suppress(OSError):
                    self._handle.shutdown(socket.SHUT_RDWR)


def _pool(url: Url, cord: _Cord, seconds: float) -> HTTPConnectionPool:
    """Return a pool for one connection, which `cord` cuts."""

    class Connection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            connected = super()._new_conn()
            cord.attach(connected)
            return connected

    class TLSConnection(Connection, HTTPSConnection):
        pass

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class TLSPool(HTTPSConnectionPool):
        ConnectionCls = TLSConnection

    pool = TLSPool if url.scheme == "https" else Pool
    return pool(url.host or "", url.port, timeout=urllib3.Timeout(total=seconds), maxsize=1)
