"""A server of raw bytes: it shows what is really on the wire, and answers what no decent server would."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Self

Behaviour = Callable[["Wire", socket.socket], None]


def answer(body: bytes = b"{}", *, status: str = "200 OK", headers: tuple[str, ...] = ()) -> bytes:
    """Return a whole answer that keeps the connection."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


class Wire:
    """Calls the next of `behaviours`, and then the last one again and again, with the socket of each request.

    `accepted` counts connections; `requests` are (head, body) of what came.
    """

    def __init__(self, *behaviours: Behaviour | bytes, tls: ssl.SSLContext | None = None) -> None:
        self.accepted = 0
        self.requests: list[tuple[str, bytes]] = []
        self.stopping = threading.Event()
        self._behaviours = list(behaviours)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._scheme = "https" if tls else "http"

    @property
    def url(self) -> str:
        return f"{self._scheme}://localhost:{self._listener.getsockname()[1]}"

    @property
    def targets(self) -> list[str]:
        return [head.split(" ")[1] for head, _ in self.requests]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stopping.set()
        # Closing alone does not wake a thread that waits in accept().
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as stream:
                while head := self._head(stream):
                    length = next((int(line[15:]) for line in head.split("\r\n") if line[:15] == "Content-Length:"), 0)
                    self.requests.append((head, stream.read(length)))
                    behave = self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]
                    if isinstance(behave, bytes):
                        connection.sendall(behave)
                    else:
                        behave(self, connection)

    @staticmethod
    def _head(stream) -> str:
        lines = []
        while (line := stream.readline()) not in (b"\r\n", b""):
            lines.append(line)
        return b"".join(lines).decode("latin-1")


def drip(data: bytes, *, interval: float = 0.05, first: bytes = b"") -> Behaviour:
    """Send `first` at once, then a byte every `interval` seconds."""

    def behave(wire: Wire, connection: socket.socket) -> None:
        connection.sendall(first)
        for byte in data:
            connection.sendall(bytes([byte]))
            if wire.stopping.wait(interval):
                return

    return behave


def hang_up(data: bytes = b"") -> Behaviour:
    """Send `data`, then end the connection."""

    def behave(wire: Wire, connection: socket.socket) -> None:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_RDWR)

    return behave
