"""One authenticated HTTP exchange with the API: within a deadline, on pooled connections, without surprises."""

import logging
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

import requests
from urllib3.exceptions import HTTPError

from syllable import errors
from syllable.connections import DeadlineAdapter, call
from syllable.errors import (
    KeyRefused,
    NotAnswering,
    NotSent,
    SyllableError,
    SyllableUnavailable,
    TimedOut,
    TooBusy,
    UnreadableAnswer,
)
from syllable.exchanges import Exchange, Witness
from syllable.resilience.bulkhead import LIMITS, Bulkhead, Lane
from syllable.resilience.deadline import Deadline
from syllable.responses import failure, parse

log = logging.getLogger("syllable")

LARGEST_BODY = 32 * 1024 * 1024
BLOCK = 64 * 1024
FIRST_PAUSE = 0.15
LONGEST_PAUSE = 5.0
# None: no answer at all.
WORTH_ANOTHER_TRY = (None, 429, 502, 503, 504)

Params = Sequence[tuple[str, str | int]]


class Transport:
    """Requests to `base_url` (which may hold a path) with the key, safe to share between threads.

    `path` starts with a slash and is already percent-encoded: it is sent as it is. Methods take at most `timeout`
    seconds for all attempts together, or what is left of `deadline` if that is less, and raise a SyllableError. `tell`
    is called with each attempt. `count` is called with each attempt of any call, and with each call that was turned
    away before its first.
    """

    def __init__(
        self, base_url: str, api_key: str, *, timeout: float, pool_size: int, count: Witness | None = None
    ) -> None:
        self._base_url = base_url
        self._key = api_key.strip()
        self._timeout = timeout
        self._count = count
        self._adapter = DeadlineAdapter(pool_maxsize=pool_size)
        # What the API's clock showed when it last answered, None where the answer did not say.
        self.answered_at: datetime | None = None
        self.bulkhead = Bulkhead()

    def get(
        self,
        path: str,
        *,
        params: Params = (),
        deadline: Deadline | None = None,
        lane: Lane = Lane.PAGES,
        tell: Witness | None = None,
    ) -> Any:
        """Return the JSON of a 2xx answer. Tries as often as the lane allows, where that may help."""
        deadline = (deadline or Deadline(self._timeout)).capped(self._timeout)
        with self._admitted("GET", lane, deadline):
            return self._tried(requests.Request("GET", path, params=params), deadline, lane, tell)

    def send(
        self,
        method: str,
        path: str,
        *,
        json: dict[str, Any] | None = None,
        form: dict[str, str] | None = None,
        request_id: str,
        deadline: Deadline | None = None,
        lane: Lane = Lane.WRITES,
        tell: Witness | None = None,
    ) -> Any:
        """Send a write once. Returns the JSON of a 2xx answer, None where that answer cannot be read."""
        deadline = (deadline or Deadline(self._timeout)).capped(self._timeout)
        request = requests.Request(method, path, headers={"X-Request-ID": request_id}, data=form, json=json)
        try:
            with self._admitted(method, lane, deadline):
                return self._logged(request, deadline, 1, lane, tell)
        except UnreadableAnswer as error:
            if error.status_code is not None and _is_success(error.status_code):
                return None
            raise

    @contextmanager
    def _admitted(self, method: str, lane: Lane, deadline: Deadline) -> Iterator[None]:
        """Admit one call, with all its attempts, for the body. One that is turned away is counted."""
        started = time.monotonic()
        try:
            with self.bulkhead.call(lane, deadline):
                yield
        except (TooBusy, NotAnswering) as error:
            # Only the bulkhead raises these, before the body.
            _tell(Exchange(lane, method, started, time.monotonic() - started, None, type(error).__name__), self._count)
            raise

    def _tried(self, request: requests.Request, deadline: Deadline, lane: Lane, tell: Witness | None) -> Any:
        tries = LIMITS[lane].tries
        for number in range(1, tries):
            try:
                return self._logged(request, deadline, number, lane, tell)
            except SyllableUnavailable as error:
                if error.status_code not in WORTH_ANOTHER_TRY:
                    raise
                pause = _pause(error, number)
                if max(pause, error.retry_after or 0) >= deadline.remaining():
                    raise
            time.sleep(pause)
        return self._logged(request, deadline, tries, lane, tell)

    def _logged(
        self, request: requests.Request, deadline: Deadline, number: int, lane: Lane, tell: Witness | None
    ) -> Any:
        """Make one attempt and log one line, without header, query or body: these may hold secrets or personal data."""
        started = time.monotonic()
        try:
            with self.bulkhead.paced(lane, deadline, is_write=request.method != "GET"):
                status, answer = self._exchange(request, deadline)
        except SyllableError as error:
            outcome = f"{type(error).__name__} {error.status_code or ''}".rstrip()
            log.info("%s %s: %s, %d ms, try %d", request.method, request.url, outcome, _since(started), number)
            kind, seconds = type(error).__name__, time.monotonic() - started
            _tell(Exchange(lane, request.method or "", started, seconds, error.status_code, kind), tell, self._count)
            raise
        log.debug("%s %s: %s, %d ms, try %d", request.method, request.url, status, _since(started), number)
        _tell(Exchange(lane, request.method or "", started, time.monotonic() - started, status), tell, self._count)
        return answer

    def _exchange(self, request: requests.Request, deadline: Deadline) -> tuple[int, Any]:
        if not (self._key.isascii() and self._key.isprintable()):
            raise KeyRefused(errors.KEY_NOT_SENDABLE)
        call.start(deadline)
        try:
            response = self._open(request)
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            # Log only the kind of error: its text reveals addresses and proxies.
            kind = type(error).__name__
            if not call.sending:
                raise NotSent(errors.no_connection(kind)) from error
            if deadline.expired:
                raise TimedOut(errors.NO_ANSWER) from error
            raise SyllableUnavailable(errors.connection_broke(kind)) from error
        with closing(response):
            status = response.status_code
            if _is_success(status):
                self.answered_at = _moment(response.headers.get("Date"))
                return status, parse(_read(response, deadline), status=status)
            try:
                body = _read(response, deadline)
            except SyllableUnavailable:
                # The status says enough.
                body = b""
            raise failure(status, body, retry_after=response.headers.get("Retry-After"), secret=self._key)

    def _open(self, request: requests.Request) -> requests.Response:
        """Send the request and read the head of the answer.

        Only the adapter is used: a session takes longer than the network does, and would follow redirects, keep cookies
        and read ~/.netrc.
        """
        prepared = self._prepared.copy()
        prepared.method = request.method
        # Set after preparing, which would decode %2E and resolve the dots.
        query = f"?{urlencode(request.params, errors='surrogatepass')}" if request.params else ""
        prepared.url = f"{(prepared.url or '').rstrip('/')}{request.url}{query}"
        prepared.headers.update(request.headers)
        prepared.prepare_body(request.data, None, request.json)
        return self._adapter.send(prepared, timeout=call.time_left(), **self._environment)

    @cached_property
    def _prepared(self) -> requests.PreparedRequest:
        """The common part of every request: the key, and the address of the API."""
        headers = requests.utils.default_headers()
        headers.update(
            {"Syllable-API-Key": self._key, "User-Agent": "outbound-dashboard", "Accept": "application/json"}
        )
        return requests.Request("GET", self._base_url, headers=headers).prepare()

    @cached_property
    def _environment(self) -> dict[str, Any]:
        """Proxies and certificates from the environment, read once: reading them takes longer than sending."""
        return dict(requests.Session().merge_environment_settings(self._base_url, {}, True, None, None))


def _read(response: requests.Response, deadline: Deadline) -> bytes:
    body = bytearray()
    try:
        while block := response.raw.read1(BLOCK, decode_content=True):
            body += block
            if len(body) > LARGEST_BODY:
                raise UnreadableAnswer(errors.TOO_LARGE, status_code=response.status_code)
    except (HTTPError, HTTPException, OSError) as error:
        if deadline.expired:
            raise TimedOut(errors.NOT_COMPLETE) from error
        raise UnreadableAnswer(errors.BROKE_OFF, status_code=response.status_code) from error
    return bytes(body)


def _moment(text: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(text or "")
    except (TypeError, ValueError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _pause(error: SyllableUnavailable, number: int) -> float:
    """Return the seconds to wait after attempt `number`: what the API asked for, within limits, or a growing pause."""
    if error.retry_after is not None:
        return min(error.retry_after, LONGEST_PAUSE)
    return FIRST_PAUSE * 2 ** (number - 1) * random.uniform(0.5, 1.5)  # noqa: S311 (it spreads load, it hides nothing)


def _tell(exchange: Exchange, *witnesses: Witness | None) -> None:
    for witness in witnesses:
        if witness is not None:
            witness(exchange)


def _is_success(status: int) -> bool:
    return 200 <= status < 300


def _since(started: float) -> float:
    return (time.monotonic() - started) * 1000
