r"""The sandbox as a whole, to start in a process of its own or inside a test.

For example:
    from sandbox import faults
    from sandbox.server import Sandbox

    with Sandbox(api_key="key") as sandbox:                     # a free port, an empty store in memory
        sandbox.store.add_batch("20261123.9", status="ACTIVE", requests=12)
        sandbox.store.add_batch("odd", status="THROTTLED", expires_on="soon", extra={"colour": "red"}, omit=["count"])
        ...                                                     # talk HTTP to sandbox.url

        assert sandbox.batch("20261123.9")["status"] == "PAUSED"    # as GET would answer it
        put = sandbox.requests.of("PUT")[-1]                        # method, path (raw), query, headers, body, content

        sandbox.faults.add(faults.answer(503, headers={"Retry-After": "1"}), method="GET", times=2)
        sandbox.faults.add(faults.reset(applied=True), method="PUT", path=r"/batches/20261123\.9$")

        # Somebody else changes the batch between our GET and our PUT:
        sandbox.after(lambda request: sandbox.store.change_batch("20261123.9", status="CANCELED"), method="GET")
        # Hold a PUT until the test lets it go:
        sandbox.before(lambda request: may_go.wait(5), method="PUT")
        sandbox.latency = 0.05                                  # on every call, in seconds
        sandbox.reset()                                         # forget everything, keep running

        # Time: 20 times as fast, on a day of the test's own; or still, unless the test lets it pass.
        sandbox.clock.set(datetime(2026, 11, 23, 12, tzinfo=UTC), speed=20)
        sandbox.clock.set(datetime(2026, 11, 23, 12, tzinfo=UTC), speed=0)
        sandbox.let_pass(600)                                   # ten minutes, in which batches call
        sandbox.ended_at("20261123.9")                          # the truth: when its last request ended

`contract=CONTRACTS["current"]` (from `contracts.py`) selects the other contract, and `sandbox.contract` may change
while the sandbox runs. The store's words stay the same: a status of either contract, never `paused`, and in a batch's
`more` what only one contract knows (`more={"call_rate": 25, "error_message": "Invalid file format"}`).

Faults, `before` and `after` share `method` (exact, "" for any), `path` (a regular expression searched for in the raw
path), `times` (1; None for always) and `skip` (0). They return a Trigger whose `hits` counts.
"""

import hmac
import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Self

from sandbox import life
from sandbox import seed as seeding
from sandbox.common import Contract
from sandbox.contract import Answer, Refusal, Request
from sandbox.contracts import CONTRACTS
from sandbox.faults import Fault
from sandbox.handler import Exchange, Server
from sandbox.store import Store
from sandbox.times import Clock
from sandbox.triggers import Triggers

logger = logging.getLogger(__name__)
Hook = Callable[[Request], object]


class RequestLog(deque[Request]):
    """The most recent requests, oldest first."""

    def of(self, method: str) -> list[Request]:
        """Return the requests with this method."""
        return [request for request in list(self) if request.method == method]


class Sandbox:
    """A stand-in Syllable API on 127.0.0.1.

    `path` is its SQLite file; existing data stays, and `seed` fills only an empty file. `ticking` lets time pass in the
    sandbox, `speed` times as fast as in the real world. `remembers` is how many requests stay in its log.
    """

    def __init__(
        self,
        path: str = ":memory:",
        *,
        api_key: str = "sandbox-key",
        host: str = "127.0.0.1",
        port: int = 0,
        seed: bool = False,
        ticking: bool = False,
        speed: float = 1.0,
        contract: Contract = CONTRACTS["2025-04"],
        remembers: int = 1000,
    ) -> None:
        self.api_key = api_key
        self.contract = contract
        self._server = Server((host, port), self)
        self.clock = Clock(speed)
        self.store = Store(path, self.clock)
        self.requests = RequestLog(maxlen=remembers)
        self.faults: Triggers[Fault] = Triggers()
        self.latency = 0.0
        self._before: Triggers[Hook] = Triggers()
        self._after: Triggers[Hook] = Triggers()
        # A hook is called with the request: just before it is handled, or just before its answer goes out.
        self.before, self.after = self._before.add, self._after.add
        self._ticker = threading.Thread(target=self._tick, daemon=True) if ticking else None
        if seed and self.store.is_empty():
            seeding.fill(self.store, self.clock.now())
        elif ticking:
            self._resume()

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://{self._server.server_name}:{self._server.server_port}"

    def start(self) -> Self:
        """Serve in the background until `stop()`."""
        self._server.start()
        if self._ticker:
            self._ticker.start()
        return self

    def stop(self) -> None:
        """Stop at once: hanging requests are cut, not waited for."""
        self._server.stop()
        if self._ticker and self._ticker.is_alive():
            self._ticker.join()
        self.store.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def reset(self) -> None:
        """Forget campaigns, agents, batches, requests, faults and hooks; the clock shows the real time again."""
        self.faults.clear()
        self._before.clear()
        self._after.clear()
        self.latency = 0.0
        self.requests.clear()
        self.store.clear()
        self.clock.reset()

    def batch(self, batch_id: str) -> dict[str, Any] | None:
        """Return a batch as GET would answer it, without a request; None where there is none."""
        return self.contract.show_batch(self.store, batch_id)

    def let_pass(self, seconds: float, *, step: float = 1.0) -> None:
        """Let time pass at once, in steps of `step` seconds: for a sandbox that is not ticking."""
        at = self.clock.now()
        passed = 0.0
        while passed < seconds:
            length = min(step, seconds - passed)
            passed += length
            self._advance(at + timedelta(seconds=passed), length)
        self.clock.set(at + timedelta(seconds=seconds))

    def ended_at(self, batch_id: str) -> datetime | None:
        """Return when, by the sandbox's clock, a batch ended its last request; None while it has one to do."""
        return life.ended_at(self.store, batch_id)

    def serve(self, exchange: Exchange) -> None:
        """Answer one request, or misbehave as a fault says."""
        request = exchange.request
        self.requests.append(request)
        if self.latency:
            exchange.stopping.wait(self.latency)
        fault = self.faults.first(request)
        if fault is not None:
            fault(exchange)
        else:
            exchange.send(self.handle(request))

    def handle(self, request: Request) -> Answer:
        """Do what a request asks, with the hooks around it."""
        for hook in self._before.all(request):
            hook(request)
        answer = self._handle(request)
        for hook in self._after.all(request):
            hook(request)
        date = format_datetime(self.clock.now(), usegmt=True)
        return replace(answer, headers={"Date": date, **answer.headers})

    def _handle(self, request: Request) -> Answer:
        try:
            handler, request = self.contract.route(request)
            if not hmac.compare_digest(request.headers.get("Syllable-API-Key", "").encode(), self.api_key.encode()):
                raise Refusal(401, "Invalid or missing API key")
            return handler(self.store, request)
        except Refusal as refusal:
            return refusal.answer
        except Exception:
            # A request still under way when the sandbox stops may hit the closed store.
            if not self._server.stopping.is_set():
                logger.exception("The sandbox failed at %s", request.method)
            return Answer(500, {"detail": "Internal Server Error"})

    def stored(self, request: Request) -> dict[str, Any] | None:
        """Return the current state of a request's batch; None where the request is about none."""
        try:
            _, routed = self.contract.route(request)
        except Refusal:
            return None
        return self.batch(routed.params.get("batch_id", ""))

    def _tick(self) -> None:
        last = self.clock.now()
        while not self._server.stopping.wait(life.TICK_SECONDS):
            now = self.clock.now()
            self._advance(now, (now - last).total_seconds())
            last = now

    def _advance(self, now: datetime, seconds: float) -> None:
        life.advance(self.store, now, seconds, zone=self.contract.zone)

    def _resume(self) -> None:
        """Go on from what happened last in the file, because a fast clock may have been ahead of the real time."""
        latest = self.store.latest()
        if latest and latest > self.clock.now():
            self.clock.set(latest)
