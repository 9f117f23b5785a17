"""The parts of every contract: requests, answers, refusals and routes."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cached_property
from http import HTTPStatus
from typing import Any, TypeVar, get_origin
from urllib.parse import parse_qs, unquote

from pydantic import BaseModel, ValidationError

from sandbox.store import Store

Model = TypeVar("Model", bound=BaseModel)
MOST_QUERY_FIELDS = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `content`, where given, replaces the JSON of `payload`."""

    status: int = 200
    payload: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    content_type: str = "application/json"

    def body(self) -> bytes:
        """Return the body's bytes."""
        if self.content is not None:
            return self.content
        return json.dumps(self.payload, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    def head(self, *, length: int) -> bytes:
        """Return the status line and the headers, with `length` as the length of the body."""
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unknown"
        headers = {"Content-Type": self.content_type, "Content-Length": str(length), **self.headers}
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode("latin-1", "replace")


class Refusal(Exception):
    """A refusal with its answer."""

    def __init__(self, status: int, detail: Any, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail)
        self.answer = Answer(status, {"detail": detail}, headers or {})


def invalid(where: str, name: str, msg: str, kind: str = "value_error") -> Refusal:
    """Make a 422 about one field, e.g. `invalid("body", "expires_on", "…")`."""
    return Refusal(422, [{"loc": [where, name], "msg": msg, "type": kind}])


@dataclass(frozen=True)
class Request:
    """One request as it came.

    `path` is raw: still percent-encoded, without the query. `params` are the path parameters of its route, decoded.
    """

    method: str
    path: str
    raw_query: str
    headers: Message
    content: bytes
    params: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """The query's values by name, in the order in which they came."""
        try:
            return parse_qs(self.raw_query, keep_blank_values=True, max_num_fields=MOST_QUERY_FIELDS)
        except ValueError:
            return {}

    @cached_property
    def body(self) -> Any:
        """The body as parsed from JSON or from a form; None where it is neither."""
        if self.headers.get_content_type() == "application/x-www-form-urlencoded":
            return self._form()
        try:
            return self._json()
        except (ValueError, RecursionError):
            return None

    def _form(self) -> dict[str, str]:
        try:
            values = parse_qs(self.content.decode(), max_num_fields=MOST_QUERY_FIELDS)
        except ValueError:
            return {}
        return {name: given[-1] for name, given in values.items()}

    def _json(self) -> Any:
        return json.loads(self.content, parse_constant=_refuse_constant)

    def read_json(self, model: type[Model]) -> Model:
        """Read the JSON body as `model`. Raises the Refusal (422) that names what is wrong."""
        if not self.content or self.headers.get_content_type() != "application/json":
            raise Refusal(422, [{"loc": ["body"], "msg": "Field required", "type": "missing"}])
        try:
            body = self._json()
        except (ValueError, RecursionError):
            raise Refusal(422, [{"loc": ["body", 0], "msg": "JSON decode error", "type": "json_invalid"}]) from None
        return _validated(model, body, "body")

    def read_form(self, model: type[Model]) -> Model:
        """Read the form in the body as `model`. A blank field counts as missing. Raises the Refusal (422)."""
        is_form = self.headers.get_content_type() == "application/x-www-form-urlencoded"
        return _validated(model, self._form() if is_form else {}, "body")

    def read_query(self, model: type[Model]) -> Model:
        """Read the query as `model`.

        Lists get every value of a name, other fields the last. Raises the Refusal (422).
        """
        lists = {name for name, info in model.model_fields.items() if get_origin(info.annotation) is list}
        values = {name: given if name in lists else given[-1] for name, given in self.query.items()}
        return _validated(model, values, "query")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _validated(model: type[Model], values: Any, where: str) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as wrong:
        entries = [
            {"loc": [where, *entry["loc"]], "msg": entry["msg"], "type": entry["type"]}
            for entry in wrong.errors(include_url=False, include_context=False, include_input=False)
        ]
        raise Refusal(422, entries) from None


Handler = Callable[[Store, Request], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path like `/api/v1/outbound/batches/{batch_id}`, and their handler."""

    method: str
    path: str
    handler: Handler

    def match(self, path: str) -> dict[str, str] | None:
        """Return the path's parameters, each decoded exactly once; None where the raw `path` does not match."""
        found = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", self.path), path)
        try:
            return found and {name: unquote(text, errors="strict") for name, text in found.groupdict().items()}
        except UnicodeDecodeError:
            return None
