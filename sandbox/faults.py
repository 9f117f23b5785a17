"""How the sandbox misbehaves on demand. Each function makes one fault, to be hung on requests with `faults.add`:

    sandbox.faults.add(faults.reset(applied=True), method="PUT")
    sandbox.faults.add(faults.answer(503, headers={"Retry-After": "2"}), path=r"/batches$", times=2)

`applied=True` does what was asked before it misbehaves; otherwise nothing is done.
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
    """Any answer at all: `payload` as JSON, or `content` as it is. A 4xx or 5xx without a payload gets a `detail`."""
    if payload is None and content is None and status >= 400:
        payload = {"detail": f"The sandbox was told to answer {status}"}
    given = Answer(status, payload, headers or {}, content, content_type)

    def act(exchange: Exchange) -> None:
        if applied:
            exchange.handle()
        exchange.send(given)

    return act


def html(status: int = 502, *, applied: bool = False) -> Fault:
    """A proxy's error page in place of JSON."""
    page = b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1><script>alert(1)</script>"
    return answer(status, content=page, content_type="text/html; charset=utf-8", applied=applied)


def empty(status: int = 200, *, applied: bool = False) -> Fault:
    """No body at all."""
    return answer(status, content=b"", applied=applied)


def broken_json(*, applied: bool = False) -> Fault:
    """JSON that ends in the middle, sent in full."""
    return answer(200, content=HALF_AN_ANSWER, applied=applied)


def huge(size: int, *, applied: bool = False) -> Fault:
    """A valid JSON string of `size` bytes."""

    def act(exchange: Exchange) -> None:
        if applied:
            exchange.handle()
        exchange.write(Answer().head(length=size) + b'"')
        for sent in range(0, size - 2, len(BLOCK)):
            exchange.write(BLOCK[: size - 2 - sent])
        exchange.write(b'"')

    return act


def redirect(location: str, *, status: int = 302, applied: bool = False) -> Fault:
    """Off to another address."""
    return answer(status, content=b"", headers={"Location": location}, applied=applied)


def truncated(*, applied: bool = False) -> Fault:
    """The real answer, or the read it would have been, cut in half: shorter than its Content-Length."""

    def act(exchange: Exchange) -> None:
        body = exchange.handle().body() if applied else HALF_AN_ANSWER
        exchange.write(Answer().head(length=max(len(body), 2)) + body[: len(body) // 2])
        exchange.hang_up()

    return act


def hang(seconds: float = A_LONG_TIME, *, applied: bool = False) -> Fault:
    """Silence for `seconds`, then the connection closes without an answer."""

    def act(exchange: Exchange) -> None:
        if applied:
            exchange.handle()
        exchange.stopping.wait(seconds)
        exchange.hang_up()

    return act


def slow(seconds: float) -> Fault:
    """The right answer, `seconds` late: it is applied at once."""

    def act(exchange: Exchange) -> None:
        right = exchange.handle()
        exchange.stopping.wait(seconds)
        exchange.send(right)

    return act


def reset(*, applied: bool = False) -> Fault:
    """A TCP reset in place of an answer."""

    def act(exchange: Exchange) -> None:
        if applied:
            exchange.handle()
        exchange.reset()

    return act


def drip(interval: float, *, headers: bool = False) -> Fault:
    """The right answer, applied at once, its body a byte per `interval` seconds; its headers too where asked."""

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
    """Acknowledged and ignored: 200 with the batch as it was and is."""

    def act(exchange: Exchange) -> None:
        exchange.send(Answer(payload=exchange.stored()))

    return act


def echo() -> Fault:
    """Acknowledged and ignored: 200 with what was sent, none of it stored."""

    def act(exchange: Exchange) -> None:
        stored, sent = exchange.stored(), exchange.request.body
        exchange.send(Answer(payload=stored | sent if stored and isinstance(sent, dict) else sent))

    return act
