"""The rows of the fault table: every way in which the API can fail, and how to make the sandbox fail like that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import cycle

import pytest

from sandbox import faults
from sandbox.contracts import CONTRACTS
from tests.conftest import NO_HOST

HTTP_DATE = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)


def field_error(*loc):
    return {"detail": [{"loc": list(loc), "msg": "not like this", "type": "value_error"}]}


# Seconds for a call where the time for it is waited out.
SOON = 0.05


@dataclass(frozen=True)
class Row:
    """One way to fail. `fault` misbehaves in an answer; `address` makes the API unreachable instead.

    `refuses` is a definite no: the API did not do it. `slow` rows end when the time for a call is over, so it is short.
    Where `taken`, the API does what a write asks before it fails: of a read these rows say nothing new.
    """

    name: str
    fault: Callable | None = None
    address: Callable[[str], str] | None = None
    refuses: bool = False
    slow: bool = False

    @property
    def taken(self):
        return self.name.endswith(" after")


UNREACHABLE = [
    Row("connection refused", address=lambda url: "http://127.0.0.1:1"),
    Row("DNS failure", address=lambda url: f"http://{NO_HOST}"),
    Row("TLS failure", address=lambda url: url.replace("http:", "https:")),
]
REFUSALS = [
    *(Row(str(code), lambda code=code: faults.answer(code), refuses=True) for code in (400, 401, 403, 404, 409)),
    Row("422 on a field", lambda: faults.answer(422, field_error("body", "expires_on")), refuses=True),
    Row("422 on the body", lambda: faults.answer(422, field_error("body")), refuses=True),
    Row("422 on an unknown location", lambda: faults.answer(422, field_error("cookie", 3, "x")), refuses=True),
]
LIMITS = [
    Row("429 with seconds", lambda: faults.answer(429, headers={"Retry-After": "120"})),
    Row("429 with a date", lambda: faults.answer(429, headers={"Retry-After": HTTP_DATE})),
    Row("429 with nonsense", lambda: faults.answer(429, headers={"Retry-After": "soon"})),
    Row("429 with hours", lambda: faults.answer(429, headers={"Retry-After": "7200"})),
]
BROKEN = [
    Row("timeout before", faults.hang, slow=True),
    Row("timeout after", lambda: faults.hang(applied=True), slow=True),
    Row("reset before", faults.reset),
    Row("reset after", lambda: faults.reset(applied=True)),
    *(Row(f"{code} before", lambda code=code: faults.answer(code)) for code in (500, 502, 503, 504)),
    *(Row(f"{code} after", lambda code=code: faults.answer(code, applied=True)) for code in (500, 502, 503, 504)),
    Row("redirect to another host", lambda: faults.redirect("http://127.0.0.1:9/elsewhere")),
    Row("empty body", faults.empty),
    Row("empty body after", lambda: faults.empty(applied=True)),
    Row("HTML", lambda: faults.html(200)),
    Row("HTML after", lambda: faults.html(200, applied=True)),
    Row("invalid JSON", faults.broken_json),
    Row("invalid JSON after", lambda: faults.broken_json(applied=True)),
    Row("truncated JSON", faults.truncated),
    Row("truncated JSON after", lambda: faults.truncated(applied=True)),
    Row("wrong types", lambda: faults.answer(200, {"items": 7, "batch_id": [1], "status": {"a": 1}})),
    Row("50 MB body", lambda: faults.huge(50_000_000)),
    Row("drip of a byte a second", lambda: faults.drip(1.0), slow=True),
    Row("drip of headers too", lambda: faults.drip(1.0, headers=True), slow=True),
]
ROWS = [*UNREACHABLE, *REFUSALS, *LIMITS, *BROKEN]


def in_each_contract(rows):
    """Return the parameters of a test of every row in every contract."""
    return of_contracts((row, contract) for contract in CONTRACTS for row in rows)


def in_turn(rows):
    """Return the parameters of a test of every row, in one contract and the other in turn.

    How a call failed is found out where no contract is known.
    """
    return of_contracts(zip(rows, cycle(CONTRACTS), strict=False))


def of_contracts(pairs):
    pairs = [pytest.param(row, contract, id=f"{row.name}-{contract}") for row, contract in pairs]
    return pytest.mark.parametrize(("row", "contract"), pairs)
