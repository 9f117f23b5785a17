"""What an answer of the API means: its JSON, or the error its status stands for. Pure."""

import json
import math
from collections.abc import Iterator
from typing import Any

from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from syllable import errors
from syllable.errors import (
    FieldError,
    Invalid,
    KeyRefused,
    NotFound,
    RateLimited,
    Refused,
    SyllableError,
    SyllableUnavailable,
    UnreadableAnswer,
)
from syllable.schemas import encodable_json

LONGEST_DETAIL = 500
MOST_FIELD_ERRORS = 50
REFUSALS = {401: KeyRefused, 403: KeyRefused, 404: NotFound}


def parse(body: bytes, *, status: int) -> Any:
    """Return the JSON of an answer. Raises UnreadableAnswer where there is none."""
    try:
        return json.loads(body, parse_constant=_no_json, parse_float=_finite_or_text)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswer(errors.no_json(status, is_empty=not body.strip()), status_code=status) from error


def failure(status: int, body: bytes, *, retry_after: str | None, secret: str) -> SyllableError:
    """Return the error for an answer other than 2xx.

    `retry_after` is the header of that name. The error includes the API's own words without control characters and
    without `secret`, which a server may echo; they remain untrusted text.
    """
    try:
        answer = parse(body, status=status)
    except UnreadableAnswer:
        text = body.decode("utf-8", errors="replace").strip()
        answer = "" if text.startswith("<") else text
    detail = answer.get("detail", "") if isinstance(answer, dict) else answer
    fields = tuple(_field_errors(detail, secret))
    words = "; ".join(entry.msg for entry in fields) if fields else _text(detail)
    words = clean(words, secret=secret) or f"HTTP {status}"

    if status == 429:
        return RateLimited(words, retry_after=seconds_asked(retry_after))
    if status == 422:
        return Invalid(words, fields=fields)
    if 400 <= status < 500 and status != 408:
        return REFUSALS.get(status, Refused)(words, status_code=status)
    if 300 <= status < 400:
        return UnreadableAnswer(errors.redirected(status), status_code=status)
    error = SyllableUnavailable(words, status_code=status)
    error.retry_after = seconds_asked(retry_after)
    return error


def seconds_asked(retry_after: str | None) -> float | None:
    """Return the seconds in a Retry-After header, at most six hours; None for nonsense, the past, or no header."""
    if retry_after is None:
        return None
    try:
        return Retry().parse_retry_after(retry_after) or None
    except (InvalidHeader, ValueError, OverflowError, TypeError, IndexError):
        return None


def clean(text: str, *, secret: str) -> str:
    """Return one line of printable text of bounded length, without `secret`."""
    if secret:
        text = text.replace(secret, "…")
    text = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return text if len(text) <= LONGEST_DETAIL else text[:LONGEST_DETAIL] + "…"


def _field_errors(detail: object, secret: str) -> Iterator[FieldError]:
    if not isinstance(detail, list):
        return
    for entry in detail[:MOST_FIELD_ERRORS]:
        if not isinstance(entry, dict):
            continue
        loc = entry.get("loc")
        parts = loc if isinstance(loc, list) else []
        yield FieldError(
            loc=tuple(
                clean(part, secret=secret) if isinstance(part, str) else part
                for part in parts
                if isinstance(part, str | int)
            ),
            msg=clean(_text(entry.get("msg")), secret=secret),
            type=clean(_text(entry.get("type")), secret=secret),
        )


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(encodable_json(value), ensure_ascii=False)


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _finite_or_text(number: str) -> float | str:
    """Return the number as text where no float can hold it: infinity is not valid JSON."""
    value = float(number)
    return value if math.isfinite(value) else number
