"""Somebody who views pages, one after the other."""

import gzip
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from typing import Self
from urllib.parse import urlencode

from benchmarks.stack import HOST

OPERATOR = "operator@example.com"
ADMINISTRATOR = "administrator@example.com"
PASSWORD = "sandbox-demo"  # noqa: S105 - the sandbox's, printed by manage.py demo_accounts
# Headers of `benchmarks.timed_wsgi`, in seconds: the request's wait for the API, and its thread's processor time.
WAITED_FOR_API = "X-Waited-For-API"
COMPUTED = "X-Computed"
# Half of the seconds after which gunicorn closes an idle connection.
KEPT_SECONDS = 1
DOWNLOADED_AT_ONCE = 256 * 1024
CSRF_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class WrongAnswer(Exception):
    """The server did not return the page to be measured."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and the seconds from the first byte of the question to the last byte of the answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return (gzip.decompress(self.body) if self.headers.get("Content-Encoding") == "gzip" else self.body).decode()


class Visitor:
    """A visitor with cookies, like a browser. `keeps_connection`: as a browser does between two clicks."""

    def __init__(self, port: int, *, keeps_connection: bool = True, timeout: float = 60) -> None:
        self._connection = HTTPConnection(HOST, port, timeout=timeout)
        self._keeps_connection = keeps_connection
        self._last_used = 0.0
        self.cookies: dict[str, str] = {}

    @classmethod
    def logged_in(cls, port: int, *, email: str = OPERATOR) -> Self:
        """Log in with one of the sandbox's accounts."""
        visitor = cls(port)
        page = visitor.get("/accounts/login/")
        answer = visitor.post("/accounts/login/", page, login=email, password=PASSWORD)
        if answer.status != 302:
            raise WrongAnswer(f"logging in answers {answer.status}")
        return visitor

    def get(self, path: str) -> Answer:
        """Return the page at `path`, which begins with a slash."""
        return self._exchange("GET", path, {})

    def post(self, path: str, page: Answer, **fields: str) -> Answer:
        """Send a form from `page`."""
        token = CSRF_TOKEN.search(page.text)
        if token is None:
            raise WrongAnswer(f"no form on the page before {path}")
        body = urlencode(fields | {"csrfmiddlewaretoken": token[1]})
        return self._exchange("POST", path, {"Content-Type": "application/x-www-form-urlencoded"}, body)

    def download(self, path: str) -> Iterator[bytes]:
        """Return the file at `path` block by block, compressed, as it comes."""
        self._connection.close()
        self._connection.request("GET", path, headers=self._headers())
        response = self._connection.getresponse()
        if response.status != 200 or response.headers["Content-Encoding"] != "gzip":
            raise WrongAnswer(f"the file at {path} answers {response.status}")
        while block := response.read(DOWNLOADED_AT_ONCE):
            yield block

    def close(self) -> None:
        self._connection.close()

    def _headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Accept-Encoding": "gzip", "Cookie": cookies}

    def _exchange(self, method: str, path: str, headers: dict[str, str], body: str | None = None) -> Answer:
        started = time.perf_counter()
        if started > self._last_used + KEPT_SECONDS:
            self._connection.close()
        try:
            self._connection.request(method, path, body, headers | self._headers())
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, HTTPException):
            self._connection.close()
            raise
        self._last_used = time.perf_counter()
        seconds = self._last_used - started
        if not self._keeps_connection:
            self._connection.close()
        for header in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: cookie.value for name, cookie in SimpleCookie(header).items()}
        return Answer(response.status, dict(response.headers), content, seconds)
