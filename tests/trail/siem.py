"""A stand-in for the log system that receives the stream: a real HTTP server that fails as it is told to."""

import hashlib
import hmac
import json
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

SECRET = "a secret of both"


class Siem:
    """Accepts what it gets, unless `behaviours` says otherwise for the next requests, one each.

    `received` holds the lines of each body that was accepted, `seen` those of all. It may be stopped and started again
    on the same port, and then still has what it accepted.
    """

    def __init__(self):
        self.received, self.seen, self.behaviours, self.headers, self.paths = [], [], [], [], []
        self.elsewhere = "http://127.0.0.1:1/"
        self.port = 0
        self.let_go = Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/collect?source=dashboard"

    def start(self):
        siem = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                siem.answer(self)

            def log_message(self, *_arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self):
        self.let_go.set()
        self.server.shutdown()
        self.server.server_close()
        self.let_go = Event()

    def answer(self, request):
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.headers.append(request.headers)
        self.paths.append(request.path)
        expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert request.headers["X-Audit-Signature"] == f"sha256={expected}"
        lines = [json.loads(line) for line in body.splitlines()]
        self.seen.append(lines)
        behaviour = self.behaviours.pop(0) if self.behaviours else "accept"
        getattr(self, behaviour)(request, lines)

    def accept(self, request, lines):
        self.received.append(lines)
        request.send_response(204)
        request.end_headers()

    def fail(self, request, _lines):
        request.send_response(500)
        request.end_headers()
        request.wfile.write(b"no " * 1000)

    def redirect(self, request, _lines):
        request.send_response(307)
        request.send_header("Location", self.elsewhere)
        request.end_headers()

    def hang(self, request, _lines):
        self.let_go.wait(30)

    def hang_up(self, request, _lines):
        request.connection.close()

    def accept_and_hang_up(self, request, lines):
        self.received.append(lines)
        request.connection.close()

    def accept_and_hang(self, request, lines):
        self.received.append(lines)
        self.let_go.wait(30)

    def drip(self, request, _lines):
        with suppress(OSError):
            for letter in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 3000:
                request.wfile.write(bytes([letter]))
                request.wfile.flush()
                time.sleep(0.01)

    @property
    def lines(self):
        return [line for lines in self.received for line in lines]

    @property
    def numbers(self):
        """The numbers of the entries in the order in which each came first."""
        return list(dict.fromkeys(line["number"] for line in self.lines if line["line"] == "entry"))

    @property
    def seals(self):
        return list(dict.fromkeys(line["number"] for line in self.lines if line["line"] == "seal"))
