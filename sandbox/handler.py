"""HTTP in, HTTP out: one small handler that parses a request, passes it on and writes the answer in one piece."""

import os
import socket
import struct
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from sandbox.contract import Answer, Request

LARGEST_BODY = 1024 * 1024
IDLE_SECONDS = 60


class Exchange:
    """One request and the connection for its answer, for a fault to use."""

    def __init__(self, request: Request, handler: "Handler", stopping: threading.Event) -> None:
        self.request = request
        self.stopping = stopping
        self._handler = handler
        self._answering = handler.server.answering

    def handle(self) -> Answer:
        """Do what the request asks, without sending the answer yet."""
        return self._answering.handle(self.request)

    def stored(self) -> dict[str, Any] | None:
        """Return the current state of the request's batch; None where the request is about none."""
        return self._answering.stored(self.request)

    def send(self, answer: Answer) -> None:
        """Send a whole answer."""
        body = answer.body()
        head = answer.head(length=len(body))
        self.write(head if self.request.method == "HEAD" else head + body)

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._handler.wfile.write(data)

    def hang_up(self) -> None:
        """Close the connection in an orderly way."""
        self._handler.close_connection = True

    def reset(self) -> None:
        """Close the connection with a TCP reset."""
        connection = self._handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())
        self.hang_up()


class Answering(Protocol):
    """Whoever answers: what the HTTP side needs of a sandbox."""

    def handle(self, request: Request) -> Answer: ...

    def serve(self, exchange: Exchange) -> None: ...

    def stored(self, request: Request) -> dict[str, Any] | None: ...


class Server(ThreadingHTTPServer):
    """A server with a thread per connection; none of them keeps the process or `stop()` waiting."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], answering: Answering) -> None:
        self.answering = answering
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._serving: threading.Thread | None = None
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        # HTTPServer would look up the host's name, which can take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that went away, but report mistakes in a fault or a hook."""
        if not (self.stopping.is_set() or isinstance(sys.exception(), OSError)):
            super().handle_error(request, client_address)

    def start(self) -> None:
        """Serve in the background."""
        self._serving = threading.Thread(target=self.serve_forever, daemon=True)
        self._serving.start()

    def stop(self) -> None:
        """Stop accepting connections, and cut the open ones."""
        self.stopping.set()
        if self._serving:
            with suppress(OSError):
                # Wakes the loop, which by itself looks twice a second whether it should end.
                self.socket.shutdown(socket.SHUT_RDWR)
            self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: Server

    def _serve(self) -> None:
        content = self._content()
        if content is None:
            return
        path, _, query = self.path.partition("?")
        request = Request(self.command, path, query, self.headers, content)
        self.server.answering.serve(Exchange(request, self, self.server.stopping))

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _serve

    def _content(self) -> bytes | None:
        """Return the body; None where it was refused unread or incomplete, which ends the connection."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers:
            self.send_error(411)
        elif not (length.isascii() and length.isdigit()):
            self.send_error(400)
        elif len(length) > 10 or int(length) > LARGEST_BODY:
            self.send_error(413)
        else:
            content = self.rfile.read(int(length))
            if len(content) == int(length):
                return content
            self.close_connection = True
        return None

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse a request that is too broken to be routed."""
        detail = message or explain or self.responses.get(code, ("Refused",))[0]
        answer = Answer(code, {"detail": detail}, {"Connection": "close"})
        body = answer.body()
        self.wfile.write(answer.head(length=len(body)) + body)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: `Sandbox.requests` has the requests, and a terminal shared with other servers stays readable."""
