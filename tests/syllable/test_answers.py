"""What the transport makes of every answer, and when it asks again."""

import json
import socket
import time
from email.utils import formatdate

import pytest

from syllable import transport as transport_module
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

from .conftest import KEY, send, takes_about, transport_to
from .wire import Wire, answer, hang_up

# No answer, or an odd one


@pytest.mark.parametrize("behaviour", [hang_up(), hang_up(b"HTTP/1.1"), hang_up(b"SSH-2.0\r\n")])
def test_a_write_whose_connection_breaks_may_have_happened_and_is_not_repeated(behaviour, scheme_tls):
    with Wire(behaviour, tls=scheme_tls) as wire, pytest.raises(SyllableUnavailable) as caught:
        send(transport_to(wire.url))
    assert type(caught.value) is SyllableUnavailable
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "raw",
    [
        answer(b""),
        answer(b"", status="204 No Content"),
        answer(b"<html>"),
        answer(b'{"a": '),
        answer(b'{"a": NaN}'),
        answer(b"\xff\xfe\x00"),
        answer(b"[" * 200_000),
        answer(b"9" * 5000),
        answer(b"not gzip", headers=("Content-Encoding: gzip",)),
        hang_up(answer(b'{"a": 1}')[:-3]),
        hang_up(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}"),
        hang_up(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}"),
    ],
)
def test_a_2xx_that_cannot_be_read_fails_a_read_and_leaves_a_write_to_be_read_back(raw):
    with Wire(raw) as wire:
        with pytest.raises(UnreadableAnswer):
            transport_to(wire.url).get("/x")
        assert send(transport_to(wire.url)) is None
    assert len(wire.requests) == 2


def test_a_number_that_no_float_can_hold_stays_text():
    with Wire(answer(b'{"a": 1e999, "b": 1.5}')) as wire:
        assert transport_to(wire.url).get("/x") == {"a": "1e999", "b": 1.5}


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_refused_and_the_key_goes_nowhere(status):
    with Wire(answer()) as elsewhere:
        moved = answer(b"", status=status, headers=(f"Location: {elsewhere.url}/x",))
        with Wire(moved) as wire:
            for call in (lambda transport: transport.get("/x"), send):
                with pytest.raises(UnreadableAnswer, match="redirects to another address"):
                    call(transport_to(wire.url))
    assert elsewhere.accepted == 0


def test_the_body_of_a_redirect_is_not_swallowed(monkeypatch):
    monkeypatch.setattr(transport_module, "LARGEST_BODY", 10)

    def flood(wire: Wire, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /y\r\n\r\n")
        while not wire.stopping.is_set():
            connection.sendall(b"x" * 1000)

    with Wire(flood) as wire, pytest.raises(UnreadableAnswer, match="redirect"):
        transport_to(wire.url).get("/x")


# Errors


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Refused),
        (401, KeyRefused),
        (403, KeyRefused),
        (404, NotFound),
        (405, Refused),
        (408, SyllableUnavailable),
        (409, Refused),
        (418, Refused),
        (422, Invalid),
        (429, RateLimited),
        (500, SyllableUnavailable),
        (502, SyllableUnavailable),
        (503, SyllableUnavailable),
        (599, SyllableUnavailable),
        (304, UnreadableAnswer),
        (101, SyllableUnavailable),
    ],
)
def test_every_status_has_its_error(status, kind):
    said = hang_up(answer(b'{"detail": "so it is"}', status=f"{status} Word"))
    with Wire(said) as wire, pytest.raises(SyllableError) as caught:
        send(transport_to(wire.url))
    assert type(caught.value) is kind
    assert caught.value.status_code == status


def failing(body: bytes, *, status: str = "400 Bad Request", headers: tuple[str, ...] = ()) -> SyllableError:
    with Wire(answer(body, status=status, headers=headers)) as wire, pytest.raises(SyllableError) as caught:
        send(transport_to(wire.url))
    return caught.value


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"detail": "No such thing"}', "No such thing"),
        (b'{"detail": "  two\\nlines\\u0000 and \\u202e direction "}', "two lines and direction"),
        (b'{"detail": {"why": 1}}', '{"why": 1}'),
        (b'"just text"', "just text"),
        (b"plain text", "plain text"),
        (b"<html><h1>Oh</h1></html>", "HTTP 400"),
        (b"{}", "HTTP 400"),
        (b"", "HTTP 400"),
        (b'{"detail": null}', "HTTP 400"),
    ],
)
def test_the_words_of_the_api_come_along_as_one_line_of_text(body, detail):
    assert failing(body).detail == detail


def test_the_words_of_the_api_are_cut():
    assert len(failing(json.dumps({"detail": "x" * 10_000}).encode()).detail) == 501


def test_a_key_that_the_api_echoes_is_taken_out():
    said = {"detail": [{"loc": ["header", KEY], "msg": f"bad key {KEY}", "type": KEY}]}
    for status in ("400 Bad", "401 No", "422 Bad", "429 Slow", "503 Down"):
        error = failing(json.dumps(said).encode(), status=status)
        assert KEY not in f"{error} {error!r} {error.detail} {getattr(error, 'fields', '')}"
    assert KEY not in repr(transport_to("http://127.0.0.1:1"))


def test_a_422_names_its_fields():
    entry = {"loc": ["body", "expires_on", 0], "msg": "Not a date\n", "type": "value_error"}
    error = failing(json.dumps({"detail": [entry]}).encode(), status="422 Bad")
    assert isinstance(error, Invalid)
    assert error.fields == (FieldError(("body", "expires_on", 0), "Not a date", "value_error"),)
    assert error.detail == "Not a date"


@pytest.mark.parametrize(
    "detail", ["text", None, 5, {"loc": "x"}, [], [5, None], [{"loc": "body", "msg": 5}], [{"loc": [None, {}, 1.5]}]]
)
def test_a_422_of_any_shape_is_invalid(detail):
    error = failing(json.dumps({"detail": detail}).encode(), status="422 Bad")
    assert isinstance(error, Invalid)
    assert error.detail


def test_a_definite_no_stands_even_where_its_body_breaks_off():
    with Wire(hang_up(answer(b'{"detail": "no"}', status="422 Bad")[:-4])) as wire, pytest.raises(Invalid):
        send(transport_to(wire.url))


# Tries


@pytest.mark.parametrize(
    "trouble",
    [
        hang_up(),
        answer(status="429 Slow down"),
        answer(status="502 Bad"),
        answer(status="503 Bad"),
        answer(status="504 Bad"),
    ],
)
def test_a_read_is_tried_again_up_to_three_times_and_a_write_never(trouble):
    with Wire(trouble, trouble, answer(b"[]")) as wire:
        assert transport_to(wire.url).get("/x") == []
        assert len(wire.requests) == 3
    with Wire(trouble) as wire:
        with pytest.raises(SyllableUnavailable):
            transport_to(wire.url).get("/x")
        assert len(wire.requests) == 3
    with Wire(trouble) as wire:
        with pytest.raises(SyllableUnavailable):
            send(transport_to(wire.url))
        assert len(wire.requests) == 1


@pytest.mark.parametrize("status", ["400 Bad", "401 No", "404 No", "422 Bad", "500 Bad", "302 Found"])
def test_other_answers_are_final(status):
    with Wire(answer(status=status)) as wire, pytest.raises(SyllableError):
        transport_to(wire.url).get("/x")
    assert len(wire.requests) == 1


def test_a_read_waits_as_long_as_it_is_asked_to():
    with Wire(answer(status="429 Slow down", headers=("Retry-After: 1",)), answer()) as wire, takes_about(1):
        assert transport_to(wire.url).get("/x") == {}


@pytest.mark.parametrize("status", ["429 Slow down", "503 Down"])
def test_the_wait_is_capped(status, monkeypatch):
    monkeypatch.setattr(transport_module, "LONGEST_PAUSE", 0.1)
    slow_down = answer(status=status, headers=("Retry-After: 30",))
    with Wire(slow_down, answer()) as wire, takes_about(0.1):
        assert transport_to(wire.url, timeout=60).get("/x") == {}


def test_a_wait_beyond_the_deadline_is_told_at_once():
    slow_down = answer(status="429 Slow down", headers=("Retry-After: 3600",))
    with Wire(slow_down) as wire, takes_about(0), pytest.raises(RateLimited) as caught:
        transport_to(wire.url).get("/x")
    assert caught.value.retry_after == 3600
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (formatdate(0, usegmt=True), None),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("9" * 5000, None),
        ("Fri, 99 Foo 99999 99:99:99 GMT", None),
        ("99999999999", 6 * 3600),
    ],
)
def test_what_the_api_asks_for_is_told_where_it_makes_sense(header, seconds):
    error = failing(b"{}", status="429 Slow down", headers=(f"Retry-After: {header}",))
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


def test_the_api_may_ask_with_a_date():
    error = failing(b"{}", status="429 Slow", headers=(f"Retry-After: {formatdate(time.time() + 1000, usegmt=True)}",))
    assert isinstance(error, RateLimited)
    assert error.retry_after == pytest.approx(1000, abs=30)
