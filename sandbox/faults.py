"""How the sandbox misbehaves on demand.

Each function makes one fault, for `faults.add` to attach to requests:

    sandbox.faults.add(faults.reset(applied=True), method="PUT")
    sandbox.faults.add(faults.answer(503, headers={"Retry-After": "2"}), path=r"/batches$", times=2)

`applied=True` does what was asked before the fault; otherwise nothing is done.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.contract import Answer
from sandbox.handler import Exchange

Fault = Callable[[Exchange], None]
A_LONG_TIME = 3600.0
BLOCK = b"x" * 256 * 1024
HALF_AN_ANSWER = b'{"items": [{"batch_id": "2026'


def answer(
    status: int = 200,
    payload: Any = None,
    *,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    content_type: str = "application/json",
    applied: bool = False,
) -> Fault:
    """Give any answer: `payload` as JSON, or `content` as it is. A 4xx or 5xx without a payload gets a `detail`."""
    if payload is None and content is None and status >= 400:
        payload = {"detail": f"The sandbox was told to answer {status}"}
    given = Answer(status, payload, headers or {}, content, content_type)

    return _fault(lambda exchange: exchange.send(given), applied)


def html(status: int = 502, *, applied: bool = False) -> Fault:
    """Give a proxy's error page in place of JSON."""
    page = b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1><script>alert(1)</script>"
    return answer(status, content=page, content_type="text/html; charset=utf-8", applied=applied)


def empty(status: int = 200, *, applied: bool = False) -> Fault:
    """Give no body at all."""
    return answer(status, content=b"", applied=applied)


def broken_json(*, applied: bool = False) -> Fault:
    """Give JSON that ends in the middle, sent in full."""
    return answer(200, content=HALF_AN_ANSWER, applied=applied)


def huge(size: int, *, applied: bool = False) -> Fault:
    """Give a valid JSON string of `size` bytes."""

    def act(exchange: Exchange) -> None:
        exchange.write(Answer().head(length=size) + b'"')
        for sent in range(0, size - 2, len(BLOCK)):
            exchange.write(BLOCK[: size - 2 - sent])
        exchange.write(b'"')

    return _fault(act, applied)


def redirect(location: str, *, status: int = 302, applied: bool = False) -> Fault:
    """Redirect to another address."""
    return answer(status, content=b"", headers={"Location": location}, applied=applied)


def truncated(*, applied: bool = False) -> Fault:
    """Give the real answer cut in half, shorter than its Content-Length.

    Unless `applied`, that is the answer to a read.
    """

    def act(exchange: Exchange) -> None:
        body = exchange.handle().body() if applied else HALF_AN_ANSWER
        exchange.write(Answer().head(length=max(len(body), 2)) + body[: len(body) // 2])
        exchange.hang_up()

    return act


def hang(seconds: float = A_LONG_TIME, *, applied: bool = False) -> Fault:
    """Keep silent for `seconds`, then close the connection without an answer."""

    def act(exchange: Exchange) -> None:
        exchange.stopping.wait(seconds)
        exchange.hang_up()

    return _fault(act, applied)


def slow(seconds: float) -> Fault:
    """Give the right answer `seconds` late; the request is applied at once."""

    def act(exchange: Exchange) -> None:
        right = exchange.handle()
        exchange.stopping.wait(seconds)
        exchange.send(right)

    return act


def reset(*, applied: bool = False) -> Fault:
    """Reset the TCP connection in place of an answer."""
    return _fault(Exchange.reset, applied)


def drip(interval: float, *, headers: bool = False) -> Fault:
    """Give the right answer, applied at once, its body a byte per `interval` seconds; with `headers`, these too."""

    def act(exchange: Exchange) -> None:
        right = exchange.handle()
        body = right.body()
        head = right.head(length=len(body))
        if not headers:
            exchange.write(head)
        for byte in (head + body) if headers else body:
            exchange.write(bytes([byte]))
            if exchange.stopping.wait(interval):
                break

    return act


def ignore() -> Fault:
    """Answer 200 with the unchanged batch, and ignore the request."""
    return lambda exchange: exchange.send(Answer(payload=exchange.stored()))


def echo() -> Fault:
    """Answer 200 with what was sent, and store none of it."""

    def act(exchange: Exchange) -> None:
        stored, sent = exchange.stored(), exchange.request.body
        exchange.send(Answer(payload=stored | sent if stored and isinstance(sent, dict) else sent))

    return act


def _fault(act: Fault, applied: bool) -> Fault:
    def misbehave(exchange: Exchange) -> None:
        if applied:
            exchange.handle()
        act(exchange)

    return misbehave
