"""Short time-outs for what is never answered, which do not take a machine that stalls for an API that does.

The time counts only from when the sandbox keeps back what the caller waits for. Until then everything may take long.
"""

from select import select
from time import monotonic

from sandbox.handler import Exchange
from syllable.connections import DeadlineSocket, call
from syllable.resilience.deadline import Deadline

PATIENCE_SECONDS = 60


class Impatience(Deadline):
    """`seconds` from the first `begin()`."""

    def __init__(self, seconds):
        super().__init__(PATIENCE_SECONDS)
        self._seconds, self._has_begun = seconds, False

    def begin(self):
        if not self._has_begun:
            self._at, self._has_begun = monotonic() + self._seconds, True

    def capped(self, seconds):
        return self


class _Stopping:
    """Stands for a sandbox's `stopping` in one exchange, and tells that it waits instead of answering."""

    def __init__(self, stopping, waiting, address):
        self._stopping, self._waiting, self._address = stopping, waiting, address

    def wait(self, seconds):
        self._waiting.add(self._address)
        return self._stopping.wait(seconds)


def watch(monkeypatch):
    """Have the connections of calls with an `Impatience` begin it when the sandbox keeps them waiting."""
    waiting = set()
    begin_exchange, receive = Exchange.__init__, DeadlineSocket.recv_into

    def begin(exchange, request, handler, stopping):
        waiting.discard(handler.client_address)
        begin_exchange(exchange, request, handler, _Stopping(stopping, waiting, handler.client_address))

    def receive_when_due(connection, *args, **kwargs):
        deadline = call.deadline
        if isinstance(deadline, Impatience):
            address = connection.getsockname()
            while address not in waiting and not deadline.expired and not select([connection], [], [], 0.005)[0]:
                pass
            if address in waiting:
                deadline.begin()
        return receive(connection, *args, **kwargs)

    monkeypatch.setattr(Exchange, "__init__", begin)
    monkeypatch.setattr(DeadlineSocket, "recv_into", receive_when_due)
